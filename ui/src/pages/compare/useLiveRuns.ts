// Fetches compared runs again when the stream says that they changed, at most every two seconds.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { keys } from "../../api/queries";
import { useChanges } from "../../api/stream";
import { whenVisible } from "../../api/visible";

const WAIT_MS = 2000;

export function useLiveRuns(runIds: readonly string[]): void {
  const client = useQueryClient();
  const changed = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useChanges((change) => {
    for (const run of change.runs) if (runIds.includes(run.run_id)) changed.current.add(run.run_id);
    if (changed.current.size === 0) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      whenVisible(() => {
        for (const id of changed.current) void client.invalidateQueries({ queryKey: keys.run(id) });
        changed.current.clear();
      });
    }, WAIT_MS);
  });
}
