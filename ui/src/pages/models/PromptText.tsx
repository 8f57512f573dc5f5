// The template of a prompt version: one text, or the messages of a chat.
import { Chip } from "../../parts/Chip";
import { Copy } from "../../parts/Copy";
import css from "./models.module.css";
import { Section } from "./parts";
import { type Prompt, variablesOf } from "./prompt";

export function PromptText({ prompt }: { prompt: Prompt }) {
  const variables = variablesOf(prompt);
  return (
    <Section
      title="Template"
      head={
        <>
          <Chip>{prompt.kind === "chat" ? "Chat" : "Text"}</Chip>
          {prompt.kind === "text" && <Copy text={prompt.text} />}
        </>
      }
    >
      {prompt.kind === "text" ? (
        <pre className={css.text}>{prompt.text}</pre>
      ) : (
        prompt.messages.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
          <div key={index} className={css.message}>
            <h3>{message.role}</h3>
            <pre className={css.text}>{message.content}</pre>
          </div>
        ))
      )}
      {variables.length > 0 && (
        <p className="muted">
          Variables:{" "}
          <span className={css.chips}>
            {variables.map((one) => (
              <Chip key={one}>{one}</Chip>
            ))}
          </span>
        </p>
      )}
    </Section>
  );
}
