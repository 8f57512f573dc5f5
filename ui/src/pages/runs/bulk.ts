// Deleting and restoring runs, by id or a whole table at once, with the call that takes it back.
import { ApiError, errorText } from "../../api/client";
import type { BulkAction, BulkRuns } from "../../api/contract";
import { bulk } from "../../api/queries";
import { formatCount } from "../../parts/format";
import { toast } from "../../parts/Toast";
import type { Selection } from "./selection";

/** The server takes this many ids at once. */
const CHUNK = 1000;

/** The calls for a selection: one for a whole table, else one per thousand ids. Pure. */
export function bulkCalls(selection: Selection): BulkRuns[] {
  if (selection.all) return [{ snapshot: selection.all.snapshot }];
  const ids = [...selection.ids];
  const calls: BulkRuns[] = [];
  for (let from = 0; from < ids.length; from += CHUNK)
    calls.push({ run_ids: ids.slice(from, from + CHUNK) });
  return calls;
}

/** Sends the calls one after the other; the toast at the end offers to undo what was done. */
export async function sendBulk(calls: BulkAction[], after: () => void): Promise<void> {
  const undo: BulkAction[] = [];
  const verb = calls[0]?.action ?? "delete";
  let done = 0;
  try {
    for (const call of calls) {
      const answer = await bulk(call);
      done += answer.done;
      undo.push(answer.undo);
    }
  } catch (error) {
    const forgotten = error instanceof ApiError && error.status === 410;
    toast({
      message: forgotten
        ? `The list of runs is too old to ${verb} them all. Select them again.`
        : `Could not ${verb} all runs: ${errorText(error)}`,
      tone: "bad",
    });
  }
  if (done > 0)
    toast({
      message: `${verb === "delete" ? "Deleted" : "Restored"} ${formatCount(done)} run${done === 1 ? "" : "s"}`,
      action: { label: "Undo", run: () => void sendBulk(undo, after) },
    });
  after();
}
