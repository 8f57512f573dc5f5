// Box plots: groups of runs by a field, and the five numbers of each group. Pure.
import { byName } from "../../charts/metrics";
import { tickLabels } from "../../charts/ticks";
import type { FieldValue } from "./fields";

export interface BoxStats {
  count: number;
  q1: number;
  median: number;
  q3: number;
  /** The farthest values within 1.5 box lengths of the box. */
  low: number;
  high: number;
}

/** The value below which a part of an ascending list lies, linear between two neighbours. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  // Weights instead of a difference, which can overflow.
  const share = at - Math.floor(at);
  return share === 0 ? below : below * (1 - share) + above * share;
}

export function boxStats(values: readonly number[]): BoxStats | null {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const q1 = quantile(sorted, 0.25);
  const q3 = quantile(sorted, 0.75);
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return {
    count: sorted.length,
    q1,
    median: quantile(sorted, 0.5),
    q3,
    // Interpolated quartiles may lie beyond every value inside; a whisker never points into its box.
    low: Math.min(q1, inside[0] ?? q1),
    high: Math.max(q3, inside[inside.length - 1] ?? q3),
  };
}

export interface Group {
  label: string;
  /** Indexes of the runs in it. */
  members: number[];
}

/** More than this many boxes cannot be told apart; numbers are then put into ranges, words into "others". */
const MOST = 12;
const RANGES = 6;

/** Groups by equal values, in order; numbers of many different values by ranges that hold about as many runs each. */
export function groupBy(values: readonly FieldValue[]): Group[] {
  const byValue = new Map<FieldValue, number[]>();
  values.forEach((value, index) => {
    if (value === null) return;
    byValue.set(value, [...(byValue.get(value) ?? []), index]);
  });
  const groups = [...byValue];
  const numeric = groups.every(([value]) => typeof value === "number");
  if (numeric) {
    groups.sort(([a], [b]) => Number(a) - Number(b));
    if (groups.length > MOST) return ranges(groups as [number, number[]][]);
  } else groups.sort(([a], [b]) => byName(String(a), String(b)));
  if (groups.length <= MOST)
    return groups.map(([value, members]) => ({ label: String(value), members }));
  const largest = new Set([...groups].sort((a, b) => b[1].length - a[1].length).slice(0, MOST - 1));
  const others = groups.filter((group) => !largest.has(group));
  return [
    ...groups
      .filter((group) => largest.has(group))
      .map(([value, members]) => ({ label: String(value), members })),
    { label: `${others.length} others`, members: others.flatMap(([, members]) => members) },
  ];
}

function ranges(sorted: readonly [number, number[]][]): Group[] {
  const total = sorted.reduce((sum, [, members]) => sum + members.length, 0);
  const parts: [number, number[]][][] = [];
  let seen = 0;
  for (const one of sorted) {
    // Equal values stay together, so a range may hold a few more than its share.
    const part = Math.min(RANGES - 1, Math.floor((seen / total) * RANGES));
    parts[part] = [...(parts[part] ?? []), one];
    seen += one[1].length;
  }
  return parts
    .filter((part) => part !== undefined)
    .map((part) => {
      const ends = [part[0]?.[0] ?? 0, part[part.length - 1]?.[0] ?? 0];
      const [from, to] = tickLabels([...new Set(ends)].map((end) => Number(end.toPrecision(3))));
      return { label: to ? `${from} to ${to}` : (from ?? ""), members: part.flatMap((p) => p[1]) };
    });
}
