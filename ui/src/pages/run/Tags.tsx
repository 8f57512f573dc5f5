// The tags of a run: added, changed and removed in place; removing offers to take it back.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "../../api/client";
import { deleteRunTag, keys, setRunTag } from "../../api/queries";
import { ActionMenu } from "../../parts/ActionMenu";
import { Button } from "../../parts/Button";
import { copyText } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { KeyValues } from "./KeyValues";
import { TagDialog, type TagDraft } from "./TagDialog";

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
  const [draft, setDraft] = useState<TagDraft | null>(null);
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
              aria-label="Add a tag"
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
          replacing="The run has this tag; its value is replaced."
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
