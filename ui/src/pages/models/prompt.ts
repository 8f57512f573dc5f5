// The text of a prompt version, which its tags hold. Pure.
import type { Pair } from "../../api/models";

const TEXT_TAG = "mlflow.prompt.text";
const TYPE_TAG = "_mlflow_prompt_type";

export interface Message {
  role: string;
  content: string;
}

export type Prompt = { kind: "text"; text: string } | { kind: "chat"; messages: Message[] };

function message(one: unknown): Message {
  const { role, content } = (one ?? {}) as { role?: unknown; content?: unknown };
  return {
    role: typeof role === "string" ? role : "message",
    content: typeof content === "string" ? content : JSON.stringify(content ?? one, null, 2),
  };
}

export function promptOf(tags: readonly Pair[] | undefined): Prompt | undefined {
  const find = (key: string) => tags?.find((tag) => tag.key === key)?.value;
  const text = find(TEXT_TAG);
  if (text === undefined) return undefined;
  if (find(TYPE_TAG) !== "chat") return { kind: "text", text };
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return { kind: "chat", messages: list.map(message) };
  } catch {
    // Not the JSON that it says it is: then it is shown as it stands.
  }
  return { kind: "text", text };
}

/** The names in `{{ }}`, each once, in the order of the text. */
export function variablesOf(prompt: Prompt): string[] {
  const text =
    prompt.kind === "text" ? prompt.text : prompt.messages.map((one) => one.content).join("\n");
  return [...new Set([...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map((found) => found[1] ?? ""))];
}
