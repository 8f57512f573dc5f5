// The run that the others are compared with: its values in the columns of the table.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchRuns, keys } from "../../api/queries";
import type { Baseline } from "./Delta";
import type { Goals } from "./url-state";

export function useBaseline(
  experimentId: string,
  runId: string | undefined,
  /** As the server names them. */
  columns: string[],
  goals: Goals,
): Baseline | undefined {
  const query = useQuery({
    queryKey: [...keys.runs, "baseline", runId, columns],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: [experimentId],
          filter: `attributes.run_id = '${runId}'`,
          order_by: [],
          view: "all",
          columns,
          offset: 0,
          limit: 1,
        },
        signal,
      ),
    enabled: runId !== undefined,
    refetchInterval: 10_000,
  });
  const row = query.data?.rows[0];
  return useMemo(() => {
    if (!row || row.run_id !== runId) return undefined;
    const values = new Map(columns.map((column, place) => [column, row.values[place]]));
    return { runId: row.run_id, name: row.name || row.run_id, goals, values };
  }, [row, runId, columns, goals]);
}
