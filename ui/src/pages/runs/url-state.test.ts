import { describe, expect, it } from "vitest";
import {
  grammarName,
  orderBy,
  pinning,
  readState,
  type TableState,
  withClause,
  writeState,
} from "./url-state";

const plain: TableState = {
  filter: "",
  sort: { column: "started", descending: true },
  columns: undefined,
  pinned: [],
  top: [],
  group: [],
  goals: {},
  base: undefined,
  density: undefined,
  at: undefined,
  view: "active",
};

const roundTrip = (state: TableState) =>
  // Through text, as the address bar does it.
  readState(new URLSearchParams(writeState(state, new URLSearchParams()).toString()));

describe("the state in the URL", () => {
  it("is empty for the defaults", () => {
    expect(writeState(plain, new URLSearchParams()).toString()).toBe("");
    expect(readState(new URLSearchParams())).toEqual(plain);
  });

  it.each<Partial<TableState>>([
    { filter: "metrics.`val/acc` > 0.9 and params.a = 'x & y = 50 %'" },
    { sort: { column: "metrics.val/acc", descending: false } },
    { sort: { column: "name", descending: true } },
    { sort: { column: "started", descending: false } },
    { columns: ["name", "metrics.a,b", "params.100%", "params.%2C", "tags.ключ", "metrics.x y"] },
    { columns: [] },
    { at: 17 },
    { at: 1_790_000_000_000, filter: "metrics.a > 1" },
    { pinned: ["metrics.a,b"], view: "deleted" },
    { group: ["params.a,b", "status", "tags.team"], density: "cosy" },
    { goals: { "a,b": "min", "val/acc": "max", "%": "max" }, base: "4f-a" },
    {
      columns: ["metrics.val/acc:max", "metrics.loss:best"],
      sort: { column: "metrics.a:min", descending: true },
    },
  ])("survives %j", (part) => {
    const state = { ...plain, ...part };
    expect(roundTrip(state)).toEqual(state);
  });

  it("leaves parameters of others alone", () => {
    const search = new URLSearchParams("trial=5&q=old");
    expect(writeState({ ...plain, filter: "new" }, search).toString()).toBe("trial=5&q=new");
  });

  it("ignores what it does not know", () => {
    const state = readState(new URLSearchParams("sort=nonsense&cols=name,evil,name&view=x"));
    expect(state).toEqual({ ...plain, columns: ["name"] });
  });
});

it("writes columns in the filter grammar", () => {
  expect(grammarName("metrics.val/acc")).toBe("metrics.`val/acc`");
  expect(grammarName("params.lr")).toBe("params.lr");
  expect(grammarName("tags.mlflow.user")).toBe("tags.`mlflow.user`");
  expect(grammarName("metrics.a`b")).toBe('metrics."a`b"');
  expect(orderBy({ column: "started", descending: true }, {})).toEqual([
    "attributes.start_time DESC",
  ]);
});

it("adds a value to the filter, once", () => {
  expect(withClause("", "params.opt", "lion")).toBe("params.opt = 'lion'");
  expect(withClause("a > 1", "metrics.val/acc", 0.5)).toBe("a > 1 and metrics.`val/acc` = 0.5");
  expect(withClause("params.a = 'x'", "params.a", "x")).toBe("params.a = 'x'");
  expect(withClause("a > 1 or b > 1", "params.a", "x")).toBe("(a > 1 or b > 1) and params.a = 'x'");
  expect(withClause("params.a = 'x' or b > 1", "params.a", "x")).toBe(
    "(params.a = 'x' or b > 1) and params.a = 'x'",
  );
  expect(withClause("", "params.a", "it's")).toBe('params.a = "it\'s"');
  expect(withClause("", "params.a", `both ' and "`)).toBeUndefined();
});

it("pins runs, unpins those that all are, and keeps the latest few", () => {
  expect(pinning(["a"], ["b", "a"])).toEqual(["a", "b"]);
  expect(pinning(["a", "b", "c"], ["c", "a"])).toEqual(["b"]);
  const many = Array.from({ length: 20 }, (_, index) => `r${index}`);
  expect(pinning([], many)).toEqual(many.slice(-8));
  const state = readState(new URLSearchParams("top=a,b'c,d"));
  expect(state.top).toEqual(["a", "d"]);
});
