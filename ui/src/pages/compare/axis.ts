// Axes for scatter and parallel coordinates: numbers (linear or logarithmic) or categories. Pure.
import type { MetricValue, RunDetail } from "../../api/contract";
import { byName } from "../../charts/metrics";
import { extent, makeScale, padded } from "../../charts/scale";
import { linearTicks, logTicks, tickLabels } from "../../charts/ticks";
import { toNumber } from "../../parts/format";

export type FieldValue = number | string | null;

/** A field of a run: `metrics.loss` is its last value, `params.lr` its text, as a number where it is one. */
export function fieldValue(run: RunDetail, field: string): FieldValue {
  const dot = field.indexOf(".");
  const key = field.slice(dot + 1);
  if (field.startsWith("metrics.")) {
    const metric = run.metrics.find((one) => one.key === key);
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

/** Every so many of the ticks that there is room for. */
export function thinned<Tick>(ticks: readonly Tick[], most: number): Tick[] {
  const step = Math.ceil(ticks.length / Math.max(1, most));
  return ticks.filter((_, index) => index % step === 0);
}

/** The fields of the runs: parameters first, those that differ before those that do not. */
export function fieldsOf(runs: readonly RunDetail[]): { field: string; differs: boolean }[] {
  const params = new Set(runs.flatMap((run) => Object.keys(run.params)));
  const metrics = new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.key)));
  const name = (prefix: string, keys: Set<string>) =>
    [...keys].sort(byName).map((key) => `${prefix}.${key}`);
  const fields = [...name("params", params), ...name("metrics", metrics)].map((field) => {
    const values = runs.map((run) => fieldValue(run, field));
    return { field, differs: values.some((value) => value !== values[0]) };
  });
  return [...fields.filter((one) => one.differs), ...fields.filter((one) => !one.differs)];
}

export interface Axis {
  kind: "number" | "category";
  log: boolean;
  /** 0 at the start, 1 at the end; null where the value is missing or cannot be shown. */
  at(value: FieldValue): number | null;
  ticks: { at: number; label: string }[];
}

/** `log` is wished; it is granted where all numbers are positive. */
export function buildAxis(values: readonly FieldValue[], log: boolean, count = 5): Axis {
  const present = values.filter((value) => value !== null);
  const numbers = present.filter((value) => typeof value === "number");
  if (numbers.length < present.length || numbers.length === 0)
    return categories(present.map(String));
  const positive = numbers.every((value) => value > 0);
  const useLog = log && positive;
  const [min, max] = padded(extent(numbers, useLog) ?? [0, 1], useLog);
  const scale = makeScale(min, max, useLog);
  const ticks = useLog ? logTicks(min, max, count) : linearTicks(min, max, count);
  const labels = tickLabels(ticks, useLog);
  return {
    kind: "number",
    log: useLog,
    at: (value) => (typeof value === "number" ? scale.at(value) : null),
    ticks: ticks.map((tick, index) => ({ at: scale.at(tick) ?? 0, label: labels[index] ?? "" })),
  };
}

function categories(values: readonly string[]): Axis {
  const distinct = [...new Set(values)].sort(byName);
  const place = (value: string) => {
    const index = distinct.indexOf(value);
    return index < 0 ? null : (index + 0.5) / distinct.length;
  };
  return {
    kind: "category",
    log: false,
    at: (value) => (value === null ? null : place(String(value))),
    ticks: distinct.map((value) => ({ at: place(value) ?? 0, label: value })),
  };
}
