import { describe, expect, it } from "vitest";
import { nearest } from "./neighbour";

const run = (run_id: string, start: number) => ({ run_id, start });

describe("the next and the previous run", () => {
  const rows = [run("d", 1), run("b", 5), run("c", 5), run("a", 9)];
  it("follow the start, the latest first", () => {
    expect(nearest(rows, run("a", 9), "older")?.run_id).toBe("b");
    expect(nearest(rows, run("d", 1), "newer")?.run_id).toBe("c");
    expect(nearest(rows, run("a", 9), "newer")).toBeUndefined();
    expect(nearest(rows, run("d", 1), "older")).toBeUndefined();
  });
  it("lead back over runs that started at the same moment", () => {
    expect(nearest(rows, run("b", 5), "older")?.run_id).toBe("c");
    expect(nearest(rows, run("c", 5), "newer")?.run_id).toBe("b");
  });
  it("are found for a run that is not in the list, such as a deleted one", () => {
    expect(nearest(rows, run("x", 5), "older")?.run_id).toBe("d");
    expect(nearest(rows, run("x", 5), "newer")?.run_id).toBe("c");
  });
});
