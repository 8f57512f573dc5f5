// The dialog in which a tag is added or changed, of a run or of a model.
import { type FormEvent, useState } from "react";
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import css from "./run.module.css";

export interface TagDraft {
  key: string;
  value: string;
  /** A new tag; otherwise the key is fixed. */
  fresh: boolean;
}

export function TagDialog({
  draft,
  taken,
  replacing,
  onSave,
  onClose,
}: {
  draft: TagDraft;
  taken: readonly string[];
  /** Said of a new tag whose key is taken. */
  replacing: string;
  onSave: (key: string, value: string) => Promise<void>;
  onClose: () => void;
}) {
  const [key, setKey] = useState(draft.key);
  const [value, setValue] = useState(draft.value);
  const [error, setError] = useState<unknown>();
  const replaces = draft.fresh && taken.includes(key.trim());
  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      await onSave(key.trim(), value);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  }
  return (
    <Dialog title={draft.fresh ? "Add a tag" : "Edit the tag"} onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <label className={css.field}>
          Key
          <input
            type="text"
            value={key}
            readOnly={!draft.fresh}
            required
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <label className={css.field}>
          Value
          <textarea rows={3} value={value} onChange={(event) => setValue(event.target.value)} />
        </label>
        {replaces && <p className="muted">{replacing}</p>}
        {error !== undefined && (
          <p className={css.bad} role="alert">
            {errorText(error)}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={key.trim() === ""}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
