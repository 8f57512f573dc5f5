// The names of the runs that a table refers to, one call for many of them, and the link that shows one.
import { type QueryClient, useQueries, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { apiGet } from "../../api/client";
import type { ExperimentList } from "../../api/contract";
import { fetchRuns, keys } from "../../api/queries";
import css from "./models.module.css";
import { idChunks, runIdFilter } from "./run-ids";

/** Names seldom change; a table of them need not follow at once. */
const FRESH_MS = 60_000;

async function everyExperiment(client: QueryClient): Promise<string[]> {
  const list = await client.fetchQuery({
    queryKey: [...keys.experiments, "all"],
    queryFn: ({ signal }) => apiGet<ExperimentList>("experiments", { view: "all" }, signal),
    staleTime: FRESH_MS,
  });
  return list.experiments.map((one) => one.experiment_id);
}

/** Names by the id of the run; `experiment` where all of them are in one. What is not known is left out. */
export function useRunNames(
  ids: readonly (string | undefined)[],
  experiment?: string,
): Map<string, string> {
  const client = useQueryClient();
  const found = useQueries({
    queries: idChunks(ids).map((chunk) => ({
      queryKey: ["run-names", experiment ?? "all", chunk],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const experiments = experiment ? [experiment] : await everyExperiment(client);
        const answer = await fetchRuns(
          {
            experiment_ids: experiments,
            filter: runIdFilter(chunk),
            order_by: [],
            view: "all",
            columns: [],
            offset: 0,
            limit: chunk.length,
          },
          signal,
        );
        return answer.rows.map((row): [string, string] => [row.run_id, row.name]);
      },
      staleTime: FRESH_MS,
    })),
  });
  return new Map(found.flatMap((one) => one.data ?? []));
}

/** A link to a run by its name, or by its id where that is not known. */
export function RunName({ id, names }: { id: string | undefined; names: Map<string, string> }) {
  if (!id) return <span className="muted">—</span>;
  const name = names.get(id);
  return (
    <Link href={`/runs/${encodeURIComponent(id)}`} title={id} className={css.runName}>
      {name || <span className="mono">{id.slice(0, 8)}</span>}
    </Link>
  );
}
