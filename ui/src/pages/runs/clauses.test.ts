import { expect, it } from "vitest";
import { clauses } from "./clauses";

const texts = (filter: string) => clauses(filter).map((clause) => clause.text);

it("takes a filter apart at its ANDs only", () => {
  expect(texts("")).toEqual([]);
  expect(texts("metrics.loss < 1")).toEqual(["metrics.loss < 1"]);
  expect(
    texts("metrics.`a and b` > 1 AND params.x = 'this and that' and tags.band = \"r and b\""),
  ).toEqual(["metrics.`a and b` > 1", "params.x = 'this and that'", 'tags.band = "r and b"']);
  expect(texts("attributes.run_id IN ('a', 'b and c') and params.and.x = '1'")).toEqual([
    "attributes.run_id IN ('a', 'b and c')",
    "params.and.x = '1'",
  ]);
});

it("leaves alternatives together", () => {
  expect(texts("a > 1 and b > 1 or c > 1")).toEqual(["a > 1 and b > 1 or c > 1"]);
  expect(texts("a > 1 and (b > 1 or c > 1) and params.or = 'x or y'")).toEqual([
    "a > 1",
    "(b > 1 or c > 1)",
    "params.or = 'x or y'",
  ]);
});

it("says what remains without each", () => {
  expect(clauses("a > 1 and  b = 'x'  and c < 2").map((clause) => clause.without)).toEqual([
    "b = 'x' and c < 2",
    "a > 1 and c < 2",
    "a > 1 and b = 'x'",
  ]);
  expect(clauses("a > 1")[0]?.without).toBe("");
});
