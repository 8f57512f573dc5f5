import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SeriesAnswer, SeriesQuery } from "../../api/contract";
import { SPARK_BUCKETS, Sparks } from "./sparks";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Knows every metric except "none". */
function server() {
  const calls: { query: SeriesQuery; signal: AbortSignal }[] = [];
  const fetch = async (query: SeriesQuery, signal: AbortSignal): Promise<SeriesAnswer> => {
    calls.push({ query, signal });
    await new Promise((done) => setTimeout(done, 10));
    const one = { points: 1, x: [0], min: [1], max: [1], last: [1], nans: [], infs: [] };
    const metrics = query.metrics.filter((metric) => metric !== "none");
    return {
      series: query.runs.flatMap((run_id) => metrics.map((metric) => ({ ...one, run_id, metric }))),
    };
  };
  return { calls, sparks: new Sparks(fetch, (action) => action()) };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `r${from + index}`);

it("asks once for all rows and metrics on the screen", async () => {
  const { calls, sparks } = server();
  sparks.show(rows(0, 30), ["loss", "none"]);
  await wait(200);
  expect(calls.map(({ query }) => query)).toEqual([
    { runs: rows(0, 30), metrics: ["loss", "none"], x: "step", buckets: SPARK_BUCKETS },
  ]);
  expect(sparks.get("r3", "loss")?.last).toEqual([1]);
  expect(sparks.get("r3", "none")).toBeNull();
  expect(sparks.get("r99", "loss")).toBeUndefined();
});

it("asks for new rows only, and for nothing when no curve is shown", async () => {
  const { calls, sparks } = server();
  sparks.show(rows(0, 30), []);
  await wait(200);
  expect(calls).toHaveLength(0);
  sparks.show(rows(0, 30), ["loss"]);
  await wait(200);
  sparks.show(rows(5, 35), ["loss"]);
  await wait(200);
  expect(calls[1]?.query.runs).toEqual(rows(30, 35));
});

it("keeps to what the server takes", async () => {
  const { calls, sparks } = server();
  const metrics = Array.from({ length: 12 }, (_, index) => `m${index}`);
  sparks.show(rows(0, 60), metrics);
  await wait(1000);
  for (const { query } of calls) {
    expect(query.runs.length).toBeLessThanOrEqual(50);
    expect(query.runs.length * query.metrics.length).toBeLessThanOrEqual(500);
  }
  for (const run of rows(0, 60))
    for (const metric of metrics) expect(sparks.get(run, metric)).toBeTruthy();
});

it("skips what is scrolled past, and gives up what has left the screen", async () => {
  const { calls, sparks } = server();
  for (let at = 0; at < 1000; at += 100) sparks.show(rows(at, at + 30), ["loss"]);
  await wait(85);
  expect(calls.map(({ query }) => query.runs[0])).toEqual(["r900"]);
  sparks.show(rows(0, 30), ["loss"]);
  expect(calls[0]?.signal.aborted).toBe(true);
  await wait(200);
  expect(sparks.get("r900", "loss")).toBeUndefined();
  expect(sparks.get("r0", "loss")).toBeTruthy();
});

it("asks again for runs that grew, not for others, and not at once", async () => {
  const { calls, sparks } = server();
  sparks.show(rows(0, 30), ["loss"]);
  await wait(200);
  sparks.grown(new Set(["r4", "elsewhere"]));
  sparks.grown(new Set(["r5"]));
  await wait(500);
  expect(calls).toHaveLength(1);
  // The old curve stays meanwhile.
  expect(sparks.get("r4", "loss")).toBeTruthy();
  await wait(2000);
  expect(calls[1]?.query.runs).toEqual(["r4", "r5"]);
  sparks.stop();
  sparks.grown(undefined);
  sparks.stop();
  await wait(5000);
  expect(calls).toHaveLength(2);
});
