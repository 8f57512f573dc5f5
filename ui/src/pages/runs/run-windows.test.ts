import { describe, expect, it } from "vitest";
import { ApiError } from "../../api/client";
import type { RunRow, RunsAnswer, RunsQuery } from "../../api/contract";
import { type Question, RunWindows } from "./run-windows";

const question: Question = {
  experimentId: "1",
  filter: "",
  orderBy: ["attributes.start_time DESC"],
  view: "active",
  columns: ["metrics.a"],
};

/** A server with `count` runs; answers only when told, so that the order can be tested. */
function server(count: number) {
  const calls: { query: RunsQuery; signal: AbortSignal; answer: () => Promise<void> }[] = [];
  let snapshots = 0;
  let gone = "";
  const row = (index: number): RunRow => ({
    run_id: `r${index}`,
    experiment_id: "1",
    name: `run ${index}`,
    user: "",
    status: "FINISHED",
    start: 0,
    end: 1,
    deleted: false,
    values: [index],
  });
  const fetch = (query: RunsQuery, signal: AbortSignal) =>
    new Promise<RunsAnswer>((resolve, reject) => {
      const answer = async () => {
        if (query.snapshot !== undefined && query.snapshot === gone)
          reject(new ApiError("forgotten", 410, "GONE"));
        else {
          const snapshot = query.snapshot ?? `s${++snapshots}`;
          const to = Math.min(count, query.offset + query.limit);
          const rows = [];
          for (let index = query.offset; index < to; index++) rows.push(row(index));
          resolve({
            snapshot,
            matched: count,
            total: count,
            position: 1,
            lag_events: 0,
            ms: 1,
            rows,
          });
        }
        await new Promise((done) => setTimeout(done));
      };
      calls.push({ query, signal, answer });
    });
  const next = () => calls.shift() as (typeof calls)[number];
  return { fetch, calls, next, forget: (snapshot: string) => (gone = snapshot) };
}

describe("RunWindows", () => {
  it("fetches the next rows before they are seen, on the side to which one scrolls", async () => {
    const { fetch, next, calls } = server(1000);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    windows.show(5, 35);
    expect(calls).toHaveLength(0);
    windows.show(20, 50);
    expect(calls.map(({ query }) => query.offset)).toEqual([100]);
    await next().answer();
    // A jump: nobody knows where it goes on.
    windows.show(560, 590);
    expect(calls.map(({ query }) => query.offset)).toEqual([500]);
    await next().answer();
    windows.show(540, 570);
    expect(calls.map(({ query }) => query.offset)).toEqual([400]);
  });

  it("makes a snapshot, then asks for windows at it", async () => {
    const { fetch, next, calls } = server(1000);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    expect(windows.at(0)).toBeUndefined();
    await next().answer();
    expect(windows.current().loaded?.matched).toBe(1000);
    expect(windows.at(99)?.row.run_id).toBe("r99");
    expect(windows.at(99)?.value("metrics.a")).toBe(99);
    expect(windows.at(99)?.value("metrics.b")).toBeUndefined();
    windows.show(495, 530);
    expect(calls.map(({ query }) => [query.offset, query.snapshot])).toEqual([
      [400, "s1"],
      [500, "s1"],
    ]);
  });

  it("no longer waits for what has left the view", async () => {
    const { fetch, next } = server(10_000);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    windows.show(2000, 2030);
    const far = next();
    windows.show(9000, 9030);
    expect(far.signal.aborted).toBe(true);
    await far.answer();
    expect(windows.at(2000)).toBeUndefined();
  });

  it("keeps the old rows until the answer to a new question is there", async () => {
    const { fetch, next } = server(200);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    windows.ask({ ...question, filter: "metrics.a > 1" });
    expect(windows.current().old).toBe(true);
    expect(windows.at(0)?.row.run_id).toBe("r0");
    const call = next();
    expect(call.query.snapshot).toBeUndefined();
    await call.answer();
    expect(windows.current().old).toBe(false);
  });

  it("takes only the answer to the last question", async () => {
    const { fetch, next } = server(200);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    windows.ask({ ...question, filter: "b" });
    const first = next();
    expect(first.signal.aborted).toBe(true);
    await first.answer();
    expect(windows.current().loaded).toBeUndefined();
    await next().answer();
    expect(windows.current().loaded).toBeDefined();
  });

  it("asks for other columns at the same snapshot, and does nothing for the same question", async () => {
    const { fetch, next, calls } = server(50);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    windows.ask({ ...question });
    expect(calls).toHaveLength(0);
    windows.ask({ ...question, columns: ["metrics.b"] });
    expect(windows.at(0)?.value("metrics.a")).toBe(0);
    const call = next();
    expect(call.query.snapshot).toBe("s1");
    await call.answer();
    expect(windows.at(0)?.value("metrics.b")).toBe(0);
  });

  it("makes a new snapshot when the server has forgotten the old one", async () => {
    const { fetch, next, forget } = server(1000);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    forget("s1");
    windows.show(500, 520);
    await next().answer();
    const again = next();
    expect(again.query.snapshot).toBeUndefined();
    expect(again.query.offset).toBe(500);
    await again.answer();
    expect(windows.at(500)?.row.run_id).toBe("r500");
  });

  it("fetches again the rows on screen that have changed", async () => {
    const { fetch, next, calls } = server(1000);
    const windows = new RunWindows(fetch);
    windows.ask(question);
    await next().answer();
    windows.show(0, 30);
    windows.touch(new Set(["elsewhere"]));
    expect(calls).toHaveLength(0);
    windows.touch(new Set(["r3"]));
    expect(calls).toHaveLength(1);
    // Changed once more while the answer is under way: ask again after it.
    windows.touch(new Set(["r3"]));
    await next().answer();
    expect(calls).toHaveLength(1);
  });
});
