// SVG paths of a sparkline: the line of last values, and the band that keeps spikes visible. Pure.
import { extent } from "./scale";

interface Buckets {
  x: readonly number[];
  min: readonly number[];
  max: readonly number[];
  last: readonly number[];
}

const EDGE = 2;

export function sparkPath(
  buckets: Buckets,
  width: number,
  height: number,
): { line: string; band: string } | null {
  const xs = extent(buckets.x);
  const ys = extent([...buckets.min, ...buckets.max]);
  if (!xs || !ys) return null;
  const xSpan = xs[1] - xs[0];
  const ySpan = ys[1] - ys[0];
  const px = (x: number) =>
    (EDGE + (xSpan > 0 ? (x - xs[0]) / xSpan : 0) * (width - 2 * EDGE)).toFixed(1);
  // A constant series runs through the middle.
  const py = (y: number) =>
    (height - EDGE - (ySpan > 0 ? (y - ys[0]) / ySpan : 0.5) * (height - 2 * EDGE)).toFixed(1);
  const points = (values: readonly number[]) =>
    buckets.x.map((x, index) => `${px(x)} ${py(values[index] ?? 0)}`);
  const last = points(buckets.last);
  // One point alone has no length; a short dash shows it.
  const line = last.length === 1 ? `M${last[0]}h3` : `M${last.join("L")}`;
  return {
    line,
    band: `M${[...points(buckets.max), ...points(buckets.min).reverse()].join("L")}Z`,
  };
}
