// Axes for scatter and parallel coordinates: numbers (linear or logarithmic) or categories. Pure.
import { byName } from "../../charts/metrics";
import { extent, makeScale, padded } from "../../charts/scale";
import { linearTicks, logTicks, tickLabels } from "../../charts/ticks";
import type { FieldValue } from "./fields";

/** Every so many of the ticks that there is room for. */
export function thinned<Tick>(ticks: readonly Tick[], most: number): Tick[] {
  const step = Math.ceil(ticks.length / Math.max(1, most));
  return ticks.filter((_, index) => index % step === 0);
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
