// Tags that are added, changed and removed in place; removing offers to take it back.
import { useState } from "react";
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { KeyValues } from "../run/KeyValues";
import { TagDialog, type TagDraft } from "../run/TagDialog";
import css from "./models.module.css";

export interface TagCalls {
  set: (key: string, value: string) => Promise<unknown>;
  remove: (key: string) => Promise<unknown>;
  refresh: () => Promise<unknown>;
}

export function EditableTags({ entries, calls }: { entries: [string, string][]; calls: TagCalls }) {
  const [draft, setDraft] = useState<TagDraft | undefined>();

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
          replacing="There is such a tag; its value is replaced."
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
