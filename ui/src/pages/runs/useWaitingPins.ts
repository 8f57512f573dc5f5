// Takes the pins that were set on pages of runs into the table, and tells those pages what is on top.
import { useEffect } from "react";
import { applied, keepPins, readPins } from "./pins";
import type { TableState } from "./url-state";

export function useWaitingPins(
  experimentId: string,
  top: string[],
  change: (part: Pick<TableState, "top">) => void,
): void {
  useEffect(() => {
    const next = applied(top, readPins(experimentId).changes);
    keepPins(experimentId, { top: next, changes: {} });
    if (next !== top) change({ top: next });
  }, [experimentId, top, change]);
}
