// The runs that stay on top of the table, whatever it is filtered and sorted by.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchRuns, keys } from "../../api/queries";
import { useChangesSlowly } from "../../api/stream";
import { type LoadedRow, loadedRows } from "./run-windows";
import { withIds } from "./url-state";

const CHANGES_MS = 1000;
const NONE: LoadedRow[] = [];

export function usePinnedRuns(
  experimentId: string,
  ids: string[],
  /** As the server names them. */
  columns: string[],
  /** The moment at which the table stands. */
  at: number | undefined,
): LoadedRow[] {
  const query = useQuery({
    queryKey: [...keys.runs, "pinned", experimentId, ids, columns, at],
    queryFn: async ({ signal }) => {
      const answer = await fetchRuns(
        {
          experiment_ids: [experimentId],
          filter: withIds("", ids),
          order_by: [],
          view: "all",
          columns,
          offset: 0,
          limit: ids.length,
          ...(at === undefined ? {} : { at }),
        },
        signal,
      );
      return { answer, columns };
    },
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  useChangesSlowly(
    CHANGES_MS,
    (change) => at === undefined && change.runs.some((run) => ids.includes(run.run_id)),
    () => void query.refetch(),
  );
  const found = query.data;
  return useMemo(() => {
    if (!found || ids.length === 0) return NONE;
    // The columns are those that were asked for with these rows, and the order is that in which they were pinned.
    const byId = new Map(
      loadedRows(found.answer, found.columns).map((loaded) => [loaded.row.run_id, loaded]),
    );
    return ids.flatMap((id) => byId.get(id) ?? []);
  }, [found, ids]);
}
