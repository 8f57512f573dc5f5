// Several changes of the live stream as one. Pure.
import type { RunChange, StreamChange } from "./contract";

/** Joins changes into one: latest position, every experiment once, latest kinds per run. */
export function mergeChanges(changes: StreamChange[]): StreamChange {
  const experiments = new Set<string>();
  const runs = new Map<string, RunChange>();
  let position = 0;
  for (const change of changes) {
    position = Math.max(position, change.position);
    for (const id of change.experiments) experiments.add(id);
    for (const run of change.runs) runs.set(`${run.run_id} ${run.kind}`, run);
  }
  return { position, experiments: [...experiments], runs: [...runs.values()] };
}
