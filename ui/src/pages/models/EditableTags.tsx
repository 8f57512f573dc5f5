// Tags that are added, changed and removed in place; removing offers to take it back.
import { type FormEvent, useState } from "react";
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { KeyValues } from "../run/KeyValues";
import css from "./models.module.css";

interface Draft {
  key: string;
  value: string;
  /** A new tag; otherwise the key is fixed. */
  fresh: boolean;
}

export interface TagCalls {
  set: (key: string, value: string) => Promise<unknown>;
  remove: (key: string) => Promise<unknown>;
  refresh: () => Promise<unknown>;
}

export function EditableTags({ entries, calls }: { entries: [string, string][]; calls: TagCalls }) {
  const [draft, setDraft] = useState<Draft | undefined>();

  async function change(act: () => Promise<unknown>, done: string, undo?: () => void) {
    try {
      await act();
      toast({ message: done, ...(undo && { action: { label: "Undo", run: undo } }) });
    } catch (error) {
      toast({ message: `The tag was not changed: ${errorText(error)}`, tone: "bad" });
    }
    await calls.refresh();
  }
  const remove = (key: string, value: string) =>
    change(
      () => calls.remove(key),
      `Removed the tag ${key}`,
      () => void change(() => calls.set(key, value), `The tag ${key} is back`),
    );

  return (
    <>
      <KeyValues
        title="Tags"
        one="tag"
        entries={entries}
        head={
          <Button
            size="small"
            kind="quiet"
            aria-label="Add a tag"
            onClick={() => setDraft({ key: "", value: "", fresh: true })}
          >
            <Icon name="plus" size={12} /> Add
          </Button>
        }
        actions={(key, value) => (
          <span className={css.pairActions}>
            <Button
              size="small"
              kind="quiet"
              aria-label={`Edit the tag ${key}`}
              title="Edit"
              onClick={() => setDraft({ key, value, fresh: false })}
            >
              <Icon name="pencil" size={14} />
            </Button>
            <Button
              size="small"
              kind="quiet"
              aria-label={`Remove the tag ${key}`}
              title="Remove"
              onClick={() => void remove(key, value)}
            >
              <Icon name="trash" size={14} />
            </Button>
          </span>
        )}
      />
      {draft && (
        <TagDialog
          draft={draft}
          taken={entries.map(([key]) => key)}
          onSave={async (key, value) => {
            await calls.set(key, value);
            await calls.refresh();
          }}
          onClose={() => setDraft(undefined)}
        />
      )}
    </>
  );
}

function TagDialog({
  draft,
  taken,
  onSave,
  onClose,
}: {
  draft: Draft;
  taken: readonly string[];
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
        {replaces && <p className="muted">There is such a tag; its value is replaced.</p>}
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
