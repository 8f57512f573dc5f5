// Which experiments are shown and in what order. Pure.
import type { Experiment } from "../../api/contract";

export type SortKey = "name" | "runs" | "running" | "failed" | "activity" | "created";

/** Words of the search must all be in the name, the id or a `tag:value`. */
export function matches(experiment: Experiment, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [
    experiment.name,
    experiment.experiment_id,
    ...visibleTags(experiment).map(([key, value]) => `${key}:${value}`),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Tags that people set; those of the system start with `mlflow.`. */
export function visibleTags(experiment: Experiment): [string, string][] {
  return Object.entries(experiment.tags).filter(([key]) => !key.startsWith("mlflow."));
}

const values: Record<SortKey, (experiment: Experiment) => number | string> = {
  name: (one) => one.name.toLowerCase(),
  runs: (one) => one.runs,
  running: (one) => one.running,
  failed: (one) => one.failed_24h,
  activity: (one) => one.last_activity ?? 0,
  created: (one) => one.created,
};

/** Sorted copy; equal ones stay in the order of their names. */
export function sorted(list: Experiment[], key: SortKey, descending: boolean): Experiment[] {
  const value = values[key];
  const sign = descending ? -1 : 1;
  return [...list].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === right) return a.name.localeCompare(b.name);
    return left < right ? -sign : sign;
  });
}
