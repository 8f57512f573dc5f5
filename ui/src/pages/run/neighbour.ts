// The run before or after another one in its experiment, in the order of the list: the latest start first.
import type { RunRow } from "../../api/contract";
import { fetchRuns } from "../../api/queries";

/** `newer` is the run above in the list, `older` the one below. */
export type Side = "newer" | "older";

interface Place {
  run_id: string;
  start: number;
}

/** Runs that started in the same millisecond are in the order of their ids, so that going back leads back. */
function inOrder(a: Place, b: Place): number {
  return b.start - a.start || (a.run_id < b.run_id ? -1 : a.run_id > b.run_id ? 1 : 0);
}

/** The nearest of `rows` on one side of `self`, which need not be among them. */
export function nearest<Row extends Place>(
  rows: readonly Row[],
  self: Place,
  side: Side,
): Row | undefined {
  const sign = side === "older" ? 1 : -1;
  let found: Row | undefined;
  for (const row of rows) {
    if (inOrder(row, self) * sign <= 0) continue;
    if (!found || inOrder(row, found) * sign < 0) found = row;
  }
  return found;
}

/** Enough to step over runs that started at the same moment. */
const LIMIT = 50;

export async function findNeighbour(
  self: Place & { experiment_id: string },
  side: Side,
): Promise<RunRow | undefined> {
  const older = side === "older";
  const { rows } = await fetchRuns({
    experiment_ids: [self.experiment_id],
    filter: `attributes.start_time ${older ? "<=" : ">="} ${self.start}`,
    order_by: [`attributes.start_time ${older ? "DESC" : "ASC"}`],
    view: "active",
    columns: [],
    offset: 0,
    limit: LIMIT,
  });
  return nearest(rows, self, side);
}
