// What the pages show of logged models: latest metric values, own tags, where they are registered.
// Pure.
import type { LoggedModel, ModelMetric, Pair } from "../../api/models";
import { byName } from "../../charts/metrics";
import { toNumber } from "../../parts/format";

export interface MetricFacts {
  key: string;
  /** Empty for values that belong to no data set. */
  dataset: string;
  digest: string;
  runId: string;
  /** The newest point: highest step, then time, then value, as MLflow orders them. */
  last: ModelMetric;
  points: number;
}

function newer(a: ModelMetric, b: ModelMetric): boolean {
  const steps = (a.step ?? 0) - (b.step ?? 0);
  if (steps !== 0) return steps > 0;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return toNumber(a.value) > toNumber(b.value);
}

/** The whole history comes in one list; one row for each metric and data set is made of it. */
export function metricFacts(metrics: readonly ModelMetric[]): MetricFacts[] {
  const facts = new Map<string, MetricFacts>();
  for (const point of metrics) {
    const dataset = point.dataset_name ?? "";
    const digest = point.dataset_digest ?? "";
    const id = JSON.stringify([point.key, dataset, digest]);
    const known = facts.get(id);
    const runId = point.run_id ?? "";
    if (!known) facts.set(id, { key: point.key, dataset, digest, runId, last: point, points: 1 });
    else {
      known.points += 1;
      if (newer(point, known.last)) Object.assign(known, { last: point, runId });
    }
  }
  return [...facts.values()].sort(
    (a, b) => byName(a.key, b.key) || byName(a.dataset, b.dataset) || byName(a.digest, b.digest),
  );
}

/** The newest value of each metric, whatever the data set: what the server sorts by. */
export function latestValues(model: LoggedModel): Map<string, ModelMetric> {
  const latest = new Map<string, ModelMetric>();
  for (const point of model.data?.metrics ?? []) {
    const known = latest.get(point.key);
    if (!known || newer(point, known)) latest.set(point.key, point);
  }
  return latest;
}

/** The keys that most of the models have, at most `limit`, in the order of their names. */
export function commonKeys(lists: readonly (readonly string[])[], limit: number): string[] {
  const counts = new Map<string, number>();
  for (const list of lists)
    for (const key of new Set(list)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .sort(([a, many], [b, few]) => few - many || byName(a, b))
    .slice(0, limit)
    .map(([key]) => key)
    .sort(byName);
}

const VERSIONS_TAG = "mlflow.modelVersions";

/** The versions that were made of a logged model; the clients keep them in a tag. */
export function registrations(tags: readonly Pair[]): { name: string; version: string }[] {
  const text = tags.find((tag) => tag.key === VERSIONS_TAG)?.value;
  if (text === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  const found = new Map<string, { name: string; version: string }>();
  // Server and client both write it, one with the number as text.
  for (const one of Array.isArray(list) ? (list as unknown[]) : []) {
    if (typeof one !== "object" || one === null) continue;
    const { name, version } = one as { name?: unknown; version?: unknown };
    if (typeof name !== "string") continue;
    if (typeof version !== "string" && typeof version !== "number") continue;
    found.set(`${name}/${version}`, { name, version: String(version) });
  }
  return [...found.values()];
}

/** Tags that people set; those of clients and of prompts are theirs alone. */
export function ownTags(tags: readonly Pair[] | undefined): [string, string][] {
  return (tags ?? [])
    .filter(({ key }) => !key.startsWith("mlflow.") && !key.startsWith("_mlflow_"))
    .map(({ key, value }) => [key, value]);
}

export interface StatusLook {
  tone: "ok" | "bad" | "run" | "mute";
  word: string;
}

/** The status of a logged model or of a registered version. */
export function statusLook(status: string | undefined): StatusLook {
  if (status?.endsWith("READY")) return { tone: "ok", word: "Ready" };
  if (status?.includes("PENDING")) return { tone: "run", word: "Pending" };
  if (status?.includes("FAILED")) return { tone: "bad", word: "Failed" };
  return { tone: "mute", word: "Unknown" };
}
