// The tags of a run: added, changed and removed in place; removing offers to take it back.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { errorText } from "../../api/client";
import { deleteRunTag, keys, setRunTag } from "../../api/queries";
import { ActionMenu } from "../../parts/ActionMenu";
import { Button } from "../../parts/Button";
import { copyText } from "../../parts/Copy";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { KeyValues } from "./KeyValues";
import css from "./run.module.css";

interface Draft {
  key: string;
  value: string;
  /** A new tag; otherwise the key is fixed. */
  fresh: boolean;
}

export function Tags({
  runId,
  entries,
  fixed,
}: {
  runId: string;
  entries: [string, string][];
  fixed: boolean;
}) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.run(runId) });

  async function remove(key: string, value: string) {
    try {
      await deleteRunTag(runId, key);
      toast({
        message: `Removed the tag ${key}`,
        action: { label: "Undo", run: () => void setRunTag(runId, key, value).then(refresh) },
      });
    } catch (error) {
      toast({ message: `The tag was not removed: ${errorText(error)}`, tone: "bad" });
    }
    await refresh();
  }

  return (
    <>
      <KeyValues
        title="Tags"
        one="tag"
        entries={entries}
        head={
          !fixed && (
            <Button
              size="small"
              kind="quiet"
              onClick={() => setDraft({ key: "", value: "", fresh: true })}
            >
              <Icon name="plus" size={12} /> Add
            </Button>
          )
        }
        actions={
          fixed
            ? undefined
            : (key, value) => (
                <ActionMenu
                  label={`Tag ${key}`}
                  items={[
                    { label: "Edit…", run: () => setDraft({ key, value, fresh: false }) },
                    { label: "Copy value", run: () => void copyText(value) },
                    { label: "Remove", danger: true, run: () => void remove(key, value) },
                  ]}
                />
              )
        }
      />
      {draft && (
        <TagDialog
          draft={draft}
          taken={entries.map(([key]) => key)}
          onSave={async (key, value) => {
            await setRunTag(runId, key, value);
            await refresh();
          }}
          onClose={() => setDraft(null)}
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
        {replaces && <p className="muted">The run has this tag; its value is replaced.</p>}
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
