// From the hundred-and-first line on a chart draws one line for all the others: their mean, with a band from the lowest to
// the highest of them. More lines than that cannot be told apart and are slow to draw.
import { type Line, nearestIndex, unionX } from "./lines";
import { GROUP_SLOT } from "./palette";

/** The x of the mean: those of the lines while there are few, else evenly spread ones. */
const MOST_X = 600;
const SPREAD = 300;

/** Lines with a style of their own as they are, and one line in place of those that have none. */
export function groupLines(lines: readonly Line[]): { lines: readonly Line[]; grouped: number } {
  const rest = lines.filter((line) => line.style.slot === GROUP_SLOT);
  if (rest.length === 0) return { lines, grouped: 0 };
  const own = lines.filter((line) => line.style.slot !== GROUP_SLOT);
  return { lines: [...own, meanLine(rest)], grouped: rest.length };
}

export function meanLine(lines: readonly Line[]): Line {
  const grid = gridOf(lines);
  const sums = grid.map(() => 0);
  const drawn = grid.map(() => 0);
  const counts = grid.map(() => 0);
  const min = grid.map(() => Number.POSITIVE_INFINITY);
  const max = grid.map(() => Number.NEGATIVE_INFINITY);
  for (const line of lines) {
    let from = 0;
    grid.forEach((x, index) => {
      // The buckets between the x before and this one; an extreme among them must not get lost.
      let to = from;
      while (to < line.xs.length && (line.xs[to] ?? x) <= x) to += 1;
      const value = to > from ? line.last[to - 1] : valueAt(line, line.last, x);
      const smooth = to > from ? line.drawn[to - 1] : valueAt(line, line.drawn, x);
      for (let at = from; at < to; at++) {
        min[index] = Math.min(min[index] ?? 0, line.min[at] ?? 0);
        max[index] = Math.max(max[index] ?? 0, line.max[at] ?? 0);
      }
      from = to;
      // A line says nothing about x before its start or after its end.
      if (value === undefined) return;
      sums[index] = (sums[index] ?? 0) + value;
      drawn[index] = (drawn[index] ?? 0) + (smooth ?? value);
      counts[index] = (counts[index] ?? 0) + 1;
      min[index] = Math.min(min[index] ?? 0, value);
      max[index] = Math.max(max[index] ?? 0, value);
    });
  }
  const kept = grid.flatMap((_, index) => ((counts[index] ?? 0) > 0 ? [index] : []));
  const pick = (list: readonly number[]) => kept.map((index) => list[index] ?? 0);
  return {
    id: "group",
    label: `Mean of ${lines.length} more ${lines.length === 1 ? "run" : "runs"}`,
    style: { slot: GROUP_SLOT, dash: 0 },
    points: kept.length,
    xs: pick(grid),
    min: pick(min),
    max: pick(max),
    last: kept.map((index) => (sums[index] ?? 0) / (counts[index] ?? 1)),
    drawn: kept.map((index) => (drawn[index] ?? 0) / (counts[index] ?? 1)),
    nans: lines.flatMap((line) => line.nans),
    infs: lines.flatMap((line) => line.infs),
  };
}

function gridOf(lines: readonly Line[]): number[] {
  const all = unionX(lines);
  if (all.length <= MOST_X) return all;
  const first = all[0] ?? 0;
  const last = all[all.length - 1] ?? 0;
  return Array.from(
    { length: SPREAD + 1 },
    (_, index) => first + ((last - first) * index) / SPREAD,
  );
}

/** A column of the line at x, linear between two points. */
function valueAt({ xs }: Line, column: readonly number[], x: number): number | undefined {
  if (x < (xs[0] ?? Number.POSITIVE_INFINITY) || x > (xs[xs.length - 1] ?? x)) return undefined;
  const near = nearestIndex(xs, x);
  const left = (xs[near] ?? x) <= x ? near : near - 1;
  const [x0, x1, y0, y1] = [xs[left], xs[left + 1], column[left], column[left + 1]];
  if (x0 === undefined || y0 === undefined) return undefined;
  if (x1 === undefined || y1 === undefined || x1 === x0) return y0;
  const share = (x - x0) / (x1 - x0);
  return y0 * (1 - share) + y1 * share;
}
