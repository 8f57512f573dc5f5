import { describe, expect, it } from "vitest";
import { applied, isPinned, withPin } from "./pins";

describe("pins that were set elsewhere", () => {
  it("go into whatever the table has on top when it is opened", () => {
    const before = { top: ["a", "b"], changes: {} };
    const after = withPin(withPin(before, "c", true), "a", false);
    expect(["a", "b", "c"].map((run) => isPinned(after, run))).toEqual([false, true, true]);
    expect(applied(["a", "b"], after.changes)).toEqual(["b", "c"]);
    // Meanwhile it may have got others.
    expect(applied(["c", "d"], after.changes)).toEqual(["c", "d"]);
    expect(applied([], withPin(after, "c", false).changes)).toEqual([]);
  });
  it("take the place of the oldest where there are too many", () => {
    const full = ["1", "2", "3", "4", "5", "6", "7", "8"];
    expect(applied(full, { "9": true })).toEqual(["2", "3", "4", "5", "6", "7", "8", "9"]);
  });
});
