// Requests for series, batched: charts that come on screen together ask the server once. A request is given up when every
// chart that waits for it has gone.

import type { Series, SeriesQuery } from "../api/contract";
import { fetchSeries } from "../api/queries";

/** What one chart wants: one metric of some runs. `ranges` limits x, per run because relative time starts differently. */
export interface SeriesSpec {
  runs: readonly string[];
  metric: string;
  x: "step" | "time" | { metric: string };
  buckets: number;
  /** The weight of the moving average, above 0; without it there is none. */
  smooth?: number;
  ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** As it was at this moment; see `moment.ts`. */
  at?: number | undefined;
}

interface Waiting {
  spec: SeriesSpec;
  signal: AbortSignal;
  resolve: (series: Series[]) => void;
  reject: (error: unknown) => void;
}

/** The server takes at most this many runs and as many metrics in one call, and this many pairs of them. */
const LIMIT = 50;
const PAIRS = 500;
const WINDOW_MS = 20;

let waiting: Waiting[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

export function loadSeries(spec: SeriesSpec, signal: AbortSignal): Promise<Series[]> {
  return new Promise((resolve, reject) => {
    waiting.push({ spec, signal, resolve, reject });
    if (timer === undefined) timer = setTimeout(flush, WINDOW_MS);
  });
}

/** The calls that answer all of `specs`: same runs and same range go together. Pure, for the tests. */
export function plan(specs: readonly SeriesSpec[]): SeriesQuery[] {
  const groups = new Map<string, { query: Omit<SeriesQuery, "metrics">; metrics: Set<string> }>();
  for (const spec of specs) {
    const base = {
      x: spec.x,
      buckets: spec.buckets,
      ...(spec.smooth ? { smooth: spec.smooth } : {}),
      ...(spec.at === undefined ? {} : { at: spec.at }),
    };
    const byRange = new Map<
      string,
      { range: readonly [number, number] | undefined; runs: string[] }
    >();
    for (const run of spec.runs) {
      const range = spec.ranges?.[run];
      const key = range ? range.join(" ") : "";
      const same = byRange.get(key) ?? { range, runs: [] };
      same.runs.push(run);
      byRange.set(key, same);
    }
    for (const { range, runs } of byRange.values()) {
      for (let at = 0; at < runs.length; at += LIMIT) {
        const part = runs.slice(at, at + LIMIT);
        const query = { ...base, runs: part, ...(range ? { from: range[0], to: range[1] } : {}) };
        const key = JSON.stringify(query);
        const group = groups.get(key) ?? { query, metrics: new Set<string>() };
        group.metrics.add(spec.metric);
        groups.set(key, group);
      }
    }
  }
  return [...groups.values()].flatMap(({ query, metrics }) => {
    const all = [...metrics];
    const step = Math.min(LIMIT, Math.max(1, Math.floor(PAIRS / query.runs.length)));
    const queries: SeriesQuery[] = [];
    for (let at = 0; at < all.length; at += step)
      queries.push({ ...query, metrics: all.slice(at, at + step) });
    return queries;
  });
}

function flush(): void {
  timer = undefined;
  const batch = waiting;
  waiting = [];
  const groups = new Map<string, Waiting[]>();
  for (const one of batch) {
    if (one.signal.aborted) {
      one.reject(one.signal.reason);
      continue;
    }
    // Only requests for the same part of x at the same moment share a call, so that no chart gets another chart's range.
    const { x, buckets, smooth, ranges, at } = one.spec;
    const key = JSON.stringify([x, buckets, smooth, ranges, at]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const group of groups.values()) void ask(group);
}

async function ask(group: readonly Waiting[]): Promise<void> {
  const abort = new AbortController();
  const onAbort = () => {
    if (group.every((one) => one.signal.aborted)) abort.abort();
  };
  for (const one of group) one.signal.addEventListener("abort", onAbort);
  try {
    const queries = plan(group.map((one) => one.spec));
    const answers = await Promise.all(queries.map((query) => fetchSeries(query, abort.signal)));
    const all = answers.flatMap((answer) => answer.series);
    for (const { spec, resolve } of group) {
      const runs = new Set(spec.runs);
      resolve(all.filter((series) => series.metric === spec.metric && runs.has(series.run_id)));
    }
  } catch (error) {
    for (const { reject } of group) reject(error);
  } finally {
    for (const one of group) one.signal.removeEventListener("abort", onAbort);
  }
}
