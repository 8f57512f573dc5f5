// A description in Markdown, edited in place.
import { useState } from "react";
import { errorText } from "../../api/client";
import { useKeys } from "../../app/keyboard";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Markdown } from "../../parts/Markdown";
import css from "./models.module.css";
import { Section } from "./parts";

export function Description({
  text,
  empty,
  save,
}: {
  text: string;
  /** What is said while there is none. */
  empty: string;
  save: (text: string) => Promise<unknown>;
}) {
  const [draft, setDraft] = useState<string | undefined>();
  const [error, setError] = useState<unknown>();
  const [saving, setSaving] = useState(false);
  const edit = () => setDraft((now) => now ?? text);
  useKeys({ e: edit });

  async function submit() {
    if (draft === undefined) return;
    setSaving(true);
    setError(undefined);
    try {
      await save(draft);
      setDraft(undefined);
    } catch (failure) {
      // The text stays in the field, so that nothing written is lost.
      setError(failure);
    } finally {
      setSaving(false);
    }
  }

  return (
    <Section
      title="Description"
      head={
        draft === undefined && (
          <Button size="small" kind="quiet" aria-label="Edit the description" onClick={edit}>
            <Icon name="pencil" size={12} /> Edit
          </Button>
        )
      }
    >
      {draft !== undefined ? (
        <div className={css.form}>
          <textarea
            aria-label="Description in Markdown"
            rows={8}
            value={draft}
            // biome-ignore lint/a11y/noAutofocus: the field appears because the user asked to edit
            autoFocus
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
              if (event.key === "Escape" && draft === text) setDraft(undefined);
            }}
          />
          {error !== undefined && (
            <p className={css.bad} role="alert">
              The description could not be saved: {errorText(error)}
            </p>
          )}
          <div className={css.buttons}>
            <Button kind="primary" disabled={saving} onClick={() => void submit()}>
              {saving ? "Saving…" : "Save"}
            </Button>
            <Button onClick={() => setDraft(undefined)}>Cancel</Button>
            <span className="muted small">Markdown · Ctrl Enter saves</span>
          </div>
        </div>
      ) : text === "" ? (
        <p className="muted">{empty}</p>
      ) : (
        <Markdown source={text} />
      )}
    </Section>
  );
}
