// What can be done to the selected runs. Nothing asks whether it is meant: the toast takes it back.
import { useState } from "react";
import type { BulkAction, ViewType } from "../../api/contract";
import { Button } from "../../parts/Button";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { bulkCalls, sendBulk } from "./bulk";
import { MOST_TAGGED } from "./bulk-tag";
import css from "./SelectionBar.module.css";
import { countOf, type Selection } from "./selection";

export function SelectionBar({
  selection,
  matched,
  view,
  past,
  tooMany,
  onAll,
  onCompare,
  onBaseline,
  onPin,
  onTag,
  onDownload,
  onClear,
  onChanged,
}: {
  selection: Selection;
  /** How many runs the table has. */
  matched: number;
  view: ViewType;
  /** The runs are shown as they were: nothing can be changed. */
  past: boolean;
  /** Set when more are selected than can be compared. */
  tooMany: number | undefined;
  /** Selects every run of the table, loaded or not. */
  onAll: () => void;
  onCompare: () => void;
  /** Makes the one selected run the baseline; undefined when it is not one. */
  onBaseline: (() => void) | undefined;
  /** Keeps the selected runs on top, or with `undo` no longer; undefined where they are too many. */
  onPin: { run: () => void; undo: boolean } | undefined;
  /** Opens the dialog for a tag; undefined where that cannot be done. */
  onTag: (() => void) | undefined;
  /** Hands over the selected runs as CSV; undefined where that cannot be done. */
  onDownload: (() => Promise<void>) | undefined;
  onClear: () => void;
  onChanged: () => void;
}) {
  const count = countOf(selection);
  const [busy, setBusy] = useState(false);
  const act = (action: BulkAction["action"]) => {
    onClear();
    void sendBulk(
      bulkCalls(selection).map((runs) => ({ ...runs, action })),
      onChanged,
    );
  };
  return (
    <div className={css.bar} role="toolbar" aria-label="Selected runs">
      <strong>
        {selection.all && "All "}
        {formatCount(count)} selected
      </strong>
      {!selection.all && matched > count && (
        <Button onClick={onAll} title="Every run of this table, also those not loaded yet">
          Select all {formatCount(matched)}
        </Button>
      )}
      <Button
        kind="primary"
        disabled={count < 2}
        title={
          tooMany === undefined
            ? "At least two runs"
            : `Only the first ${tooMany} selected runs are compared`
        }
        onClick={onCompare}
      >
        Compare{tooMany === undefined ? "" : ` first ${tooMany}`} <kbd>C</kbd>
      </Button>
      {onBaseline && (
        <Button onClick={onBaseline} title="Show the differences of all others to this run">
          Baseline
        </Button>
      )}
      {onPin && (
        <Button onClick={onPin.run} title="On top of the table, whatever the filter and the order">
          {onPin.undo ? "Unpin" : "Pin"} <kbd>P</kbd>
        </Button>
      )}
      <Button
        disabled={!onTag}
        title={onTag ? "Give all of them a tag" : `At most ${MOST_TAGGED} runs at a time`}
        onClick={onTag}
      >
        Tag <kbd>T</kbd>
      </Button>
      <Button
        disabled={!onDownload || busy}
        title={onDownload ? "The selected runs as CSV" : "Export CSV gives all of a table"}
        onClick={() => {
          setBusy(true);
          void onDownload?.().finally(() => setBusy(false));
        }}
      >
        <Icon name="download" size={14} /> CSV
      </Button>
      {!past && view !== "deleted" && (
        <Button kind="danger" onClick={() => act("delete")}>
          <Icon name="trash" size={14} /> Delete
        </Button>
      )}
      {!past && view !== "active" && (
        <Button onClick={() => act("restore")}>
          <Icon name="restore" size={14} /> Restore
        </Button>
      )}
      <Button kind="quiet" aria-label="Clear the selection" title="Clear" onClick={onClear}>
        <Icon name="close" size={14} />
      </Button>
    </div>
  );
}
