// The notes of an experiment: Markdown in the tag that MLflow's clients know as the description.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText, mlflowPost } from "../../api/client";
import type { Experiment } from "../../api/contract";
import { keys } from "../../api/queries";
import { useKeys } from "../../app/keyboard";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { Icon } from "../../parts/Icon";
import { Markdown } from "../../parts/Markdown";
import css from "./NotesTab.module.css";

const NOTE_TAG = "mlflow.note.content";

export default function NotesTab({ experiment }: { experiment: Experiment }) {
  const client = useQueryClient();
  const note = experiment.tags[NOTE_TAG] ?? "";
  const editable = experiment.lifecycle_stage === "active";
  const [draft, setDraft] = useState<string | undefined>();
  const [error, setError] = useState("");
  const [saving, setSaving] = useState(false);
  const edit = () => editable && setDraft((now) => now ?? note);
  useKeys({ e: edit });

  async function save() {
    if (draft === undefined) return;
    setSaving(true);
    setError("");
    try {
      await mlflowPost("experiments/set-experiment-tag", {
        experiment_id: experiment.experiment_id,
        key: NOTE_TAG,
        value: draft,
      });
      await client.invalidateQueries({ queryKey: keys.experiment(experiment.experiment_id) });
      setDraft(undefined);
    } catch (failure) {
      // The text stays in the field: nothing that was written may be lost.
      setError(errorText(failure));
    } finally {
      setSaving(false);
    }
  }

  if (draft !== undefined)
    return (
      <div className={css.notes}>
        <textarea
          aria-label="Notes in Markdown"
          className={css.text}
          rows={16}
          value={draft}
          // biome-ignore lint/a11y/noAutofocus: the field appears because editing was asked for
          autoFocus
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
            if (event.key === "Escape" && draft === note) setDraft(undefined);
          }}
        />
        {error !== "" && (
          <p className={css.error} role="alert">
            The notes could not be saved: {error}
          </p>
        )}
        <div className={css.buttons}>
          <Button kind="primary" disabled={saving} onClick={() => void save()}>
            {saving ? "Saving…" : "Save"}
          </Button>
          <Button onClick={() => setDraft(undefined)}>Cancel</Button>
          <span className="muted small">Markdown · Ctrl Enter saves</span>
        </div>
      </div>
    );
  if (note === "")
    return (
      <EmptyState
        title="No notes yet"
        action={editable && <Button onClick={edit}>Write notes</Button>}
      >
        What is this experiment about, and what has it shown so far?
      </EmptyState>
    );
  return (
    <div className={css.notes}>
      {editable && (
        <div>
          <Button size="small" onClick={edit}>
            <Icon name="pencil" size={12} /> Edit
          </Button>
        </div>
      )}
      <Markdown source={note} />
    </div>
  );
}
