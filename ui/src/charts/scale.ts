// Number scales: from values to a position between 0 and 1 and back, linear or logarithmic, and padded ranges.

export interface Scale {
  log: boolean;
  min: number;
  max: number;
  /** 0 at `min`, 1 at `max`; null for what the scale cannot show (NaN, infinity, or not positive on a log scale). */
  at(value: number): number | null;
  invert(position: number): number;
}

export function makeScale(min: number, max: number, log: boolean): Scale {
  if (log) {
    const low = Math.log10(min);
    const span = Math.log10(max) - low || 1;
    return {
      log,
      min,
      max,
      at: (value) =>
        value > 0 && Number.isFinite(value) ? (Math.log10(value) - low) / span : null,
      invert: (position) => 10 ** (low + position * span),
    };
  }
  const span = max - min || 1;
  return {
    log,
    min,
    max,
    at: (value) => (Number.isFinite(value) ? (value - min) / span : null),
    invert: (position) => min + position * span,
  };
}

/** The range of all values that the scale can show, or null when there is none. */
export function extent(values: Iterable<number | null>, log = false): [number, number] | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : null;
}

/** Room above and below, so that no line lies on the frame; a single value gets a range around it. */
export function padded([min, max]: [number, number], log = false, part = 0.05): [number, number] {
  if (log) {
    if (min === max) return [min / 2, max * 2];
    const room = (Math.log10(max) - Math.log10(min)) * part;
    return [10 ** (Math.log10(min) - room), 10 ** (Math.log10(max) + room)];
  }
  if (min === max) {
    const room = Math.abs(min) * 0.1 || 1;
    return [min - room, max + room];
  }
  const span = max - min;
  // Two values near the largest float have no finite distance.
  if (!Number.isFinite(span)) return [min, max];
  const room = span * part;
  return [min - room, max + room];
}
