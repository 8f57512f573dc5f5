// The notes of a run: Markdown in a tag that MLflow's clients know as the description.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "../../api/client";
import { keys, setRunTag } from "../../api/queries";
import { useKeys } from "../../app/keyboard";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Markdown } from "../../parts/Markdown";
import css from "./run.module.css";

export const NOTE_TAG = "mlflow.note.content";

export function Notes({ runId, note, fixed }: { runId: string; note: string; fixed: boolean }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const [saving, setSaving] = useState(false);
  useKeys({ e: () => !fixed && setDraft((current) => current ?? note) });

  async function save() {
    if (draft === null) return;
    setSaving(true);
    setError(undefined);
    try {
      await setRunTag(runId, NOTE_TAG, draft);
      await client.invalidateQueries({ queryKey: keys.run(runId) });
      setDraft(null);
    } catch (failure) {
      // The text stays in the field, so that nothing written is lost.
      setError(failure);
    } finally {
      setSaving(false);
    }
  }

  return (
    <section aria-label="Notes">
      <div className={css.sectionHead}>
        <h2>Notes</h2>
        {draft === null && !fixed && (
          <Button size="small" kind="quiet" onClick={() => setDraft(note)}>
            <Icon name="pencil" size={12} /> Edit
          </Button>
        )}
      </div>
      {draft !== null ? (
        <div className={css.form}>
          <textarea
            aria-label="Notes in Markdown"
            rows={8}
            value={draft}
            // biome-ignore lint/a11y/noAutofocus: the field appears because the user asked to edit
            autoFocus
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
              if (event.key === "Escape" && draft === note) setDraft(null);
            }}
          />
          {error !== undefined && (
            <p className={css.bad} role="alert">
              The notes could not be saved: {errorText(error)}
            </p>
          )}
          <div className={css.buttons}>
            <Button kind="primary" disabled={saving} onClick={() => void save()}>
              {saving ? "Saving…" : "Save"}
            </Button>
            <Button onClick={() => setDraft(null)}>Cancel</Button>
            <span className="muted small">Markdown · Ctrl Enter saves</span>
          </div>
        </div>
      ) : note === "" ? (
        <p className="muted">No notes yet. What was tried here, and what came out?</p>
      ) : (
        <Markdown source={note} />
      )}
    </section>
  );
}
