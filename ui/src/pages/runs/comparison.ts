// Where the selected runs are compared. Of a whole table, loaded or not, these are the first ones.
import { fetchRuns } from "../../api/queries";
import { compareAddress, MOST_COMPARED } from "../compare/address";
import type { RowStore } from "./row-store";
import type { Selection } from "./selection";

export async function comparison(
  selection: Selection,
  table: Pick<RowStore, "exportQuery" | "loadedIds">,
): Promise<string> {
  const ids = selection.all ? await firstIds(table) : [...selection.ids];
  return compareAddress(ids.slice(0, MOST_COMPARED));
}

async function firstIds(table: Pick<RowStore, "exportQuery" | "loadedIds">): Promise<string[]> {
  const query = table.exportQuery();
  if (!query) return table.loadedIds();
  const { rows } = await fetchRuns({ ...query, columns: [], offset: 0, limit: MOST_COMPARED });
  return rows.map((row) => row.run_id);
}
