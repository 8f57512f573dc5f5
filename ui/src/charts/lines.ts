// What a chart draws: lines with their band and marks, their alignment on one x axis, and look-ups by position.

import type { LineStyle } from "./palette";
import { extent, padded } from "./scale";

/** What x means: the step, seconds since the run's start, seconds since the epoch, or the value of another metric. */
export type XMode = "step" | "relative" | "wall" | OverMetric;
type OverMetric = `metric:${string}`;

export function overMetric(metric: string): OverMetric {
  return `metric:${metric}`;
}

/** The metric that is x, if one is. */
export function metricOf(mode: XMode): string | undefined {
  return mode.startsWith("metric:") ? mode.slice("metric:".length) : undefined;
}

/** One series, in chart units; `xs` ascends and the other columns have one element per x. */
export interface Line {
  id: string;
  label: string;
  style: LineStyle;
  /** Points in the log, before bucketing. */
  points: number;
  xs: number[];
  min: number[];
  max: number[];
  last: number[];
  /** What is drawn: the moving average where one was asked for, else `last` itself. */
  drawn: number[];
  nans: number[];
  /** Where, and 1 or -1. */
  infs: [number, number][];
}

/** Series as they come from the server. */
export interface RawSeries {
  points: number;
  x: number[];
  min: number[];
  max: number[];
  last: number[];
  smooth?: number[];
  nans: number[];
  infs: [number, number][];
}

/** From the server's x (a step, epoch milliseconds or a metric's value) to chart units. */
export function toChartX(x: number, mode: XMode, start: number): number {
  if (mode === "relative") return (x - start) / 1000;
  return mode === "wall" ? x / 1000 : x;
}

/** The reverse, for asking the server about a range. */
export function toServerX(x: number, mode: XMode, start: number): number {
  if (mode === "relative") return Math.round(x * 1000 + start);
  return mode === "wall" ? Math.round(x * 1000) : x;
}

export function makeLine(
  raw: RawSeries,
  identity: { id: string; label: string; style: LineStyle },
  mode: XMode,
  start: number,
): Line {
  const convert = (x: number) => toChartX(x, mode, start);
  return {
    ...identity,
    points: raw.points,
    xs: raw.x.map(convert),
    min: raw.min,
    max: raw.max,
    last: raw.last,
    drawn: raw.smooth ?? raw.last,
    nans: raw.nans.map(convert),
    infs: raw.infs.map(([x, sign]) => [convert(x), sign]),
  };
}

/** All x of all lines, ascending and without repeats. */
export function unionX(lines: readonly { xs: readonly number[] }[]): number[] {
  if (lines.length === 1) return dedupe(lines[0]?.xs ?? []);
  const all: number[] = [];
  for (const line of lines) for (const x of line.xs) all.push(x);
  return dedupe(all.sort((a, b) => a - b));
}

function dedupe(sorted: readonly number[]): number[] {
  return sorted.filter((x, index) => index === 0 || x !== sorted[index - 1]);
}

/** Puts values on the common x axis; where a line has no point there is a null. The later of two points at one x wins. */
export function align(
  common: readonly number[],
  xs: readonly number[],
  ys: readonly (number | null)[],
): (number | null)[] {
  const aligned: (number | null)[] = new Array(common.length).fill(null);
  let at = 0;
  xs.forEach((x, index) => {
    while (at < common.length && (common[at] ?? x) < x) at += 1;
    if (common[at] === x) aligned[at] = ys[index] ?? null;
  });
  return aligned;
}

/** The line that is drawn; values a log axis cannot show are null. */
export function drawnValues(line: Line, log: boolean): (number | null)[] {
  return line.drawn.map((y) => (log && y <= 0 ? null : y));
}

/** The y range that shows every spike: from the lowest minimum to the highest maximum. */
export function yRange(lines: readonly Line[], log: boolean): [number, number] {
  const ends: [number, number][] = [];
  for (const line of lines) {
    const low = extent(line.min, log);
    // On a log axis a bucket may reach below zero and still have a part that can be drawn.
    const high = extent(line.max, log);
    if (low) ends.push(low);
    if (high) ends.push(high);
  }
  const all = extent(ends.flat(), log);
  if (!all) return log ? [0.1, 1] : [0, 1];
  return padded(all, log);
}

/** How many drawn buckets a log axis leaves out. */
export function hiddenByLog(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.last.filter((y) => y <= 0).length, 0);
}

/** The x range of everything, marks included, so that a series of nothing but NaN has an axis too. */
export function xRange(lines: readonly Line[]): [number, number] | null {
  const ends: number[] = [];
  for (const line of lines) {
    for (const list of [line.xs, line.nans, line.infs.map(([x]) => x)]) {
      const range = extent(list);
      if (range) ends.push(...range);
    }
  }
  const all = extent(ends);
  if (!all) return null;
  return all[0] === all[1] ? [all[0] - 0.5, all[1] + 0.5] : all;
}

/** The index of the element of an ascending list that is nearest to x; -1 for an empty list. */
export function nearestIndex(xs: readonly number[], x: number): number {
  if (xs.length === 0) return -1;
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const before = xs[low - 1];
  const here = xs[low];
  if (before !== undefined && here !== undefined && x - before <= here - x) return low - 1;
  return low;
}

/** Marks that would lie on top of one another become one with a count. `width` is the distance that counts as the same. */
export function groupMarks(xs: readonly number[], width: number): { x: number; count: number }[] {
  const groups: { x: number; count: number }[] = [];
  for (const x of [...xs].sort((a, b) => a - b)) {
    const previous = groups[groups.length - 1];
    if (previous && x - previous.x <= width) previous.count += 1;
    else groups.push({ x, count: 1 });
  }
  return groups;
}

/** The part of a line inside a range of x. */
export function within(line: Line, [from, to]: [number, number]): Line {
  let start = 0;
  while (start < line.xs.length && (line.xs[start] ?? 0) < from) start += 1;
  let end = line.xs.length;
  while (end > start && (line.xs[end - 1] ?? 0) > to) end -= 1;
  const cut = (list: number[]) => list.slice(start, end);
  return {
    ...line,
    xs: cut(line.xs),
    min: cut(line.min),
    max: cut(line.max),
    last: cut(line.last),
  };
}
