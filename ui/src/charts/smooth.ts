// Smoothing: an exponential moving average without the bias of its start, weighted by the distance on the x axis.
// The distance is measured in units of the whole series, so the curve does not change its shape when one zooms in.

/** A series with more points than this is smoothed as if it had this many; else a long one would never look smooth. */
const UNITS = 300;

/** The x distance that counts as one step of the average. */
export function smoothingUnit(from: number, to: number, points: number): number {
  const span = to - from;
  if (!(span > 0) || points < 2) return 1;
  return span / Math.min(points - 1, UNITS);
}

/**
 * `weight` is 0 (no smoothing) to just below 1. Entries of `ys` that are null stay null and do not disturb the average.
 * A constant series stays exactly constant.
 */
export function smooth(
  xs: readonly number[],
  ys: readonly (number | null)[],
  weight: number,
  unit = 1,
): (number | null)[] {
  if (weight <= 0) return ys.slice();
  const kept = Math.min(weight, 0.999);
  let average = 0;
  let mass = 0;
  let previous: number | null = null;
  return ys.map((y, index) => {
    if (y === null) return null;
    const x = xs[index] ?? index;
    const steps = previous === null ? 1 : Math.max(0, (x - previous) / unit);
    previous = x;
    // Points that share an x count as one step each, else the first of them would win for ever.
    const decay = kept ** (steps === 0 ? 1 : steps);
    mass = mass * decay + (1 - decay);
    // The incremental form keeps a constant series free of rounding noise.
    average += ((1 - decay) / mass) * (y - average);
    return average;
  });
}
