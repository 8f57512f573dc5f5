import { describe, expect, it } from "vitest";
import { plan, type SeriesSpec } from "./batch";

const spec = (metric: string, more: Partial<SeriesSpec> = {}): SeriesSpec => ({
  runs: ["a", "b"],
  metric,
  x: "step",
  buckets: 400,
  ...more,
});

describe("plan", () => {
  it("asks once for many charts of the same runs", () => {
    expect(plan([spec("loss"), spec("acc"), spec("loss")])).toEqual([
      { runs: ["a", "b"], metrics: ["loss", "acc"], x: "step", buckets: 400 },
    ]);
  });
  it("splits what the server would refuse", () => {
    const runs = Array.from({ length: 120 }, (_, index) => `r${index}`);
    expect(plan([spec("loss", { runs })]).map((query) => query.runs.length)).toEqual([50, 50, 20]);
    const many = Array.from({ length: 60 }, (_, index) => spec(`m${index}`));
    expect(plan(many).map((query) => query.metrics.length)).toEqual([50, 10]);
    const both = Array.from({ length: 25 }, (_, index) =>
      spec(`m${index}`, { runs: runs.slice(0, 50) }),
    );
    expect(plan(both).map((query) => query.metrics.length)).toEqual([10, 10, 5]);
  });
  it("asks per run when the ranges differ", () => {
    const queries = plan([spec("loss", { x: "time", ranges: { a: [0, 5], b: [10, 15] } })]);
    expect(queries.map(({ runs, from, to }) => [runs, from, to])).toEqual([
      [["a"], 0, 5],
      [["b"], 10, 15],
    ]);
  });
});
