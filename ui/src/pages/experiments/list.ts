// Which experiments are shown and in what order. Pure.
import type { Experiment } from "../../api/contract";
import { visibleTags } from "../../parts/tags";

export type SortKey = "name" | "runs" | "running" | "failed" | "activity" | "created" | "owner";

/** What rows are sorted by. */
export interface Comparable {
  name: string;
  runs: number;
  running: number;
  failed_24h: number;
  last_activity: number | null;
  created: number;
  /** Empty where it is not known. */
  owner: string;
}

/** Words of the search must all be in the name, the id, the owner or a `tag:value`. */
export function matches(experiment: Experiment, owner: string, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [
    experiment.name,
    experiment.experiment_id,
    owner,
    ...visibleTags(experiment).map(([key, value]) => `${key}:${value}`),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Whose it is: who a tag says, else the user with the most runs. Empty where nobody is known. */
export function ownerOf(experiment: Experiment, mostRuns: string | undefined): string {
  return experiment.tags.owner ?? mostRuns ?? "";
}

const values: Record<SortKey, (experiment: Comparable) => number | string> = {
  name: (one) => one.name.toLowerCase(),
  runs: (one) => one.runs,
  running: (one) => one.running,
  failed: (one) => one.failed_24h,
  activity: (one) => one.last_activity ?? 0,
  created: (one) => one.created,
  owner: (one) => one.owner.toLowerCase(),
};

/** The order of rows; equal ones stay in the order of their names. */
export function compare(key: SortKey, descending: boolean) {
  const value = values[key];
  const sign = descending ? -1 : 1;
  return (a: Comparable, b: Comparable): number => {
    const [left, right] = [value(a), value(b)];
    if (left === right) return a.name.localeCompare(b.name);
    return left < right ? -sign : sign;
  };
}
