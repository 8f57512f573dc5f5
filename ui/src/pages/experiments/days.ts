// Runs begun per day, over the last two weeks. Pure.

/** Counts of 14 days, today at the end. */
export type Days = readonly number[];

/** The midnight that ends the present day where the reader is, in milliseconds since the epoch. */
export function endOfDay(now: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}

export function addDays(a: Days | undefined, b: Days | undefined): Days | undefined {
  if (!a || !b) return a ?? b;
  return a.map((count, day) => count + (b[day] ?? 0));
}
