// Fetches the run again when the stream says that it changed: at once for its state, at most once a second for its points. The past
// does not change: it is not `live`.
import { useQueryClient } from "@tanstack/react-query";
import { usePace } from "../../api/pace";
import { keys, purgedRuns } from "../../api/queries";
import { useChanges } from "../../api/stream";
import { whenVisible } from "../../api/visible";

const POINTS_MS = 1000;

export function useLiveRun(runId: string, live: boolean): void {
  const client = useQueryClient();
  const pace = usePace(POINTS_MS);
  useChanges((change) => {
    const own = change.runs.filter((run) => run.run_id === runId);
    if (!live || own.length === 0 || purgedRuns.has(runId)) return;
    if (own.some((run) => run.kind !== "metrics")) {
      void client.invalidateQueries({ queryKey: keys.run(runId) });
      void client.invalidateQueries({ queryKey: keys.artifacts(runId) });
    } else {
      pace.run(() =>
        whenVisible(() => void client.invalidateQueries({ queryKey: keys.run(runId) })),
      );
    }
  });
}
