import { describe, expect, it } from "vitest";
import type { GroupsAnswer, RunGroup, RunsAnswer, RunsQuery } from "../../api/contract";
import { type GroupQuestion, GroupWindows } from "./group-windows";
import { groupFilter, makeGroup, sortGroups } from "./groups";

const columns = ["params.opt'imizer", "status"];
const raw = (values: (string | null)[], runs = 1, max: number | null = null): RunGroup => ({
  values,
  runs,
  start: runs,
  metrics: [{ runs, min: max, mean: max, max }],
});
const group = (values: (string | null)[], runs = 1, max: number | null = null) =>
  makeGroup(raw(values, runs, max), columns, ["loss"]);

describe("the runs of a group", () => {
  it("are found by its values", () => {
    expect(groupFilter("", group(["lion", "FAILED"]))).toBe(
      "params.`opt'imizer` = 'lion' and attributes.status = 'FAILED'",
    );
    expect(groupFilter("metrics.a > 1", group([null, "FAILED"]))).toBe(
      "metrics.a > 1 and params.`opt'imizer` IS NULL and attributes.status = 'FAILED'",
    );
  });
  it("keep a filter with OR together", () => {
    expect(groupFilter("a.x = 1 OR a.y = 2", group(["lion", "FAILED"]))).toMatch(
      /^\(a\.x = 1 OR a\.y = 2\) and params/,
    );
  });
  it("cannot be asked for when a value has both quotes", () => {
    expect(groupFilter("", group([`'"`, "FAILED"]))).toBeUndefined();
  });
});

it("groups are sorted by what the table is sorted by, and what is missing comes last", () => {
  const all = [group(["a", "x"], 1, 5), group(["b", "x"], 9, null), group([null, "x"], 3, 7)];
  const order = (column: string, descending: boolean) =>
    sortGroups(all, { column, descending }).map(({ values }) => values[0]);
  expect(order("metrics.loss", true)).toEqual([null, "a", "b"]);
  expect(order("metrics.loss", false)).toEqual(["a", null, "b"]);
  expect(order("started", true)).toEqual(["b", null, "a"]);
  expect(order("params.opt'imizer", true)).toEqual(["b", "a", null]);
  expect(order("duration", true)).toEqual(["a", "b", null]);
});

describe("the rows of groups", () => {
  const question: GroupQuestion = {
    experimentId: "1",
    filter: "",
    orderBy: [],
    view: "active",
    columns: [],
    group: columns,
    metrics: ["loss"],
    sort: { column: "duration", descending: true },
  };
  const answer = (groups: RunGroup[]): GroupsAnswer => ({
    groups,
    more: false,
    matched: 5,
    total: 5,
    position: 1,
    lag_events: 0,
    ms: 1,
  });
  const fetchRuns = async (query: RunsQuery): Promise<RunsAnswer> => {
    const run = (run_id: string) =>
      ({ run_id, values: [] }) as unknown as RunsAnswer["rows"][number];
    const rows = query.filter.includes("'a'") ? [run("a1"), run("a2")] : [run("b1")];
    return {
      snapshot: "s",
      matched: rows.length,
      total: 5,
      position: 1,
      lag_events: 0,
      ms: 1,
      rows,
    };
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

  it("open and close in place", async () => {
    const store = new GroupWindows(fetchRuns, async () =>
      answer([raw(["a", "x"], 2), raw(["b", "x"])]),
    );
    store.ask(question);
    await settle();
    expect([store.count(), store.size()]).toEqual([2, 2]);
    store.toggle(0);
    await settle();
    expect(store.count()).toBe(4);
    expect(store.groupAt(0)?.open).toBe(true);
    expect([1, 2].map((row) => store.at(row)?.row.run_id)).toEqual(["a1", "a2"]);
    expect(store.groupAt(3)?.group.values).toEqual(["b", "x"]);
    expect(store.at(3)).toBeUndefined();
    store.toggle(3);
    await settle();
    expect(store.at(4)?.row.run_id).toBe("b1");
    expect(store.loadedIds()).toEqual(["a1", "a2", "b1"]);
    store.toggle(0);
    expect([store.count(), store.at(2)?.row.run_id]).toEqual([3, "b1"]);
    expect([store.at(3), store.groupAt(3)]).toEqual([undefined, undefined]);
  });
});
