// Ticks and labels of the x axis, by what x means. Apart from the chart itself, so that tables can use them without it.

import { formatNumber } from "../parts/format";
import { metricOf, type XMode } from "./lines";
import {
  clockLabel,
  clockLabels,
  clockTicks,
  durationLabel,
  durationTicks,
  linearTicks,
  tickLabels,
} from "./ticks";

export function xTicks(mode: XMode, min: number, max: number, count: number): number[] {
  if (mode === "relative") return durationTicks(min, max, count);
  if (mode === "wall") return clockTicks(min, max, count);
  if (metricOf(mode) !== undefined) return linearTicks(min, max, count);
  // Steps are whole numbers; a tick at 0.5 would name a step that cannot exist.
  return linearTicks(min, max, count).filter((tick) => Number.isInteger(tick));
}

export function xLabels(mode: XMode, ticks: readonly number[]): string[] {
  if (mode === "relative") return ticks.map(durationLabel);
  return mode === "wall" ? clockLabels(ticks) : tickLabels(ticks);
}

/** What x is, in a word. */
export function xName(mode: XMode): string {
  return metricOf(mode) ?? (mode === "step" ? "Step" : "Time");
}

/** One x in full, for the cursor. */
export function xLabel(mode: XMode, x: number): string {
  if (mode === "relative") return durationLabel(x);
  if (metricOf(mode) !== undefined) return formatNumber(x);
  return mode === "wall" ? clockLabel(x) : x.toLocaleString("en-US", { maximumFractionDigits: 0 });
}
