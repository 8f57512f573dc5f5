// Runs begun per day, over the last two weeks. Pure.
import { momentOf, onClock } from "../../parts/zone";

/** Counts of 14 days, today at the end. */
export type Days = readonly number[];

/** The midnight that ends the present day where the reader is, in milliseconds since the epoch. */
export function endOfDay(now: number): number {
  const day = onClock(now);
  return momentOf(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + 1));
}

export function addDays(a: Days | undefined, b: Days | undefined): Days | undefined {
  if (!a || !b) return a ?? b;
  return a.map((count, day) => count + (b[day] ?? 0));
}
