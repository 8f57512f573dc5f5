// The parameters and metrics of compared runs as fields with values. Pure.
import type { MetricSummary, MetricValue, RunDetail } from "../../api/contract";
import { byName } from "../../charts/metrics";
import { toNumber } from "../../parts/format";

export type FieldValue = number | string | null;

export interface Field {
  /** `params.lr`, `metrics.loss`. */
  field: string;
  differs: boolean;
  /** Whether its values are numbers wherever a run has one, and one has. */
  numeric: boolean;
  /** How many different values there are, none being one. */
  distinct: number;
}

const metricsByKey = new WeakMap<RunDetail, Map<string, MetricSummary>>();

/** A search through the list takes too long where it is done for each of thousands of metrics. */
function metricOf(run: RunDetail, key: string): MetricSummary | undefined {
  let map = metricsByKey.get(run);
  if (!map) {
    map = new Map(run.metrics.map((metric) => [metric.key, metric]));
    metricsByKey.set(run, map);
  }
  return map.get(key);
}

/** A field of a run: `metrics.loss` is its last value, `params.lr` its text, as a number where it is one. */
export function fieldValue(run: RunDetail, field: string): FieldValue {
  const dot = field.indexOf(".");
  const key = field.slice(dot + 1);
  if (field.startsWith("metrics.")) {
    const metric = metricOf(run, key);
    if (!metric) return null;
    const value = toNumber(metric.last);
    return Number.isFinite(value) ? value : null;
  }
  if (!Object.hasOwn(run.params, key)) return null;
  return textValue(run.params[key] ?? "");
}

/** A field as a row of a query has it; the same rules as for a run that is known in full. */
export function rawValue(field: string, value: string | MetricValue | null): FieldValue {
  if (value === null) return null;
  if (!field.startsWith("metrics.")) return textValue(String(value));
  const number = toNumber(value as MetricValue);
  return Number.isFinite(number) ? number : null;
}

function textValue(text: string): FieldValue {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}

let last: { runs: readonly RunDetail[]; fields: readonly Field[] } | undefined;

/**
 * The fields of the runs: parameters first, those that differ before those that do not. The last answer is kept: a page asks for
 * the same runs at every drawing.
 */
export function fieldsOf(runs: readonly RunDetail[]): readonly Field[] {
  const same =
    last?.runs.length === runs.length && last.runs.every((run, index) => run === runs[index]);
  if (last && same) return last.fields;
  const params = new Set(runs.flatMap((run) => Object.keys(run.params)));
  const metrics = new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.key)));
  const name = (prefix: string, keys: Set<string>) =>
    [...keys].sort(byName).map((key) => `${prefix}.${key}`);
  const all = [...name("params", params), ...name("metrics", metrics)].map((field): Field => {
    const values = runs.map((run) => fieldValue(run, field));
    const present = values.filter((value) => value !== null);
    return {
      field,
      differs: values.some((value) => value !== values[0]),
      numeric: present.length > 0 && present.every((value) => typeof value === "number"),
      distinct: new Set(values).size,
    };
  });
  const fields = [...all.filter((one) => one.differs), ...all.filter((one) => !one.differs)];
  last = { runs: [...runs], fields };
  return fields;
}
