import { expect, it } from "vitest";
import {
  countOf,
  coverage,
  explicit,
  extend,
  forTable,
  isSelected,
  nothing,
  toggle,
  toggleAll,
  wholeTable,
} from "./selection";

const ids = ["a", "b", "c", undefined, "e"];
const idAt = (row: number) => ids[row];

it("toggles one and remembers where", () => {
  const one = toggle(nothing, "b", 1);
  expect([...one.ids]).toEqual(["b"]);
  expect(one.anchor).toBe(1);
  expect(toggle(one, "b", 1).ids.size).toBe(0);
  expect(nothing.ids.size).toBe(0);
});

it("extends from the anchor in both directions, over rows that are not loaded", () => {
  const down = extend(toggle(nothing, "b", 1), 4, idAt);
  expect([...down.ids]).toEqual(["b", "c", "e"]);
  const up = extend(toggle(nothing, "c", 2), 0, idAt);
  expect([...up.ids].sort()).toEqual(["a", "b", "c"]);
  expect(up.anchor).toBe(2);
  expect([...extend(nothing, 0, idAt).ids]).toEqual(["a"]);
});

it("selects all, and none when all are selected", () => {
  const all = toggleAll(toggle(nothing, "z", 9), ["a", "b"]);
  expect([...all.ids]).toEqual(["z", "a", "b"]);
  expect(coverage(all, ["a", "b"])).toBe("all");
  const none = toggleAll(all, ["a", "b"]);
  expect([...none.ids]).toEqual(["z"]);
  expect(coverage(none, ["a", "b"])).toBe("some");
  expect(coverage(nothing, [])).toBe("none");
});

it("selects a whole table, as long as it is that table", () => {
  const all = wholeTable("s1", 8412);
  expect(countOf(all)).toBe(8412);
  expect(isSelected(all, "never seen")).toBe(true);
  expect(coverage(all, ["a"])).toBe("all");
  expect(forTable(all, "s1")).toBe(all);
  expect(forTable(all, "s2")).toBe(nothing);
  expect(toggleAll(all, ["a"])).toBe(nothing);
  const some = toggle(nothing, "a", 0);
  expect(forTable(some, "s2")).toBe(some);
});

it("becomes the loaded runs without the one that was taken out", () => {
  const rest = toggle(explicit(wholeTable("s1", 500), ["a", "b", "c"]), "b", 1);
  expect([...rest.ids]).toEqual(["a", "c"]);
  expect(countOf(rest)).toBe(2);
});
