import { expect, it } from "vitest";
import { bulkCalls } from "./bulk";
import { nothing, wholeTable } from "./selection";

it("sends a whole table as its snapshot", () => {
  expect(bulkCalls(wholeTable("s7", 100_000))).toEqual([{ snapshot: "s7" }]);
});

it("sends ids by the thousand", () => {
  const ids = Array.from({ length: 2001 }, (_, index) => `r${index}`);
  const calls = bulkCalls({ ids: new Set(ids), anchor: undefined });
  expect(calls.map((call) => ("run_ids" in call ? call.run_ids.length : 0))).toEqual([
    1000, 1000, 1,
  ]);
  expect(calls.flatMap((call) => ("run_ids" in call ? call.run_ids : []))).toEqual(ids);
  expect(bulkCalls(nothing)).toEqual([]);
});
