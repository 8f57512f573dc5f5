// Where a run was silent: points of metrics came, stopped for long, and came again. Pure.
import type { EventRow } from "./describe";

/** Shorter silences are nobody's concern. */
const LEAST_MS = 60_000;
/** A silence is as many times longer than what is usual between points of the run. */
const TIMES = 8;

/** The rows, newest first, with the silence before those that ended one. */
export function withGaps(rows: readonly EventRow[]): EventRow[] {
  const moments = rows
    .flatMap(({ events }) => events)
    .filter(({ kind }) => kind === "MetricsLogged")
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const pauses = moments.slice(1).map((at, index) => at - (moments[index] ?? at));
  const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const long = Math.max(LEAST_MS, TIMES * usual);
  return rows.map((row) => {
    const points = row.events.filter(({ kind }) => kind === "MetricsLogged");
    const first = points.at(-1)?.at;
    const before = first === undefined ? undefined : moments.findLast((at) => at < first);
    if (first === undefined || before === undefined || first - before < long) return row;
    return { ...row, gap: first - before };
  });
}
