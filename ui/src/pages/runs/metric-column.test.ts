import { describe, expect, it } from "vitest";
import { columnLabel, valueColumns } from "./columns";
import { delta, metricColumn, serverColumn, withAggregate } from "./metric-column";
import { orderBy } from "./url-state";

describe("a column of a metric", () => {
  it("says which of its values it shows", () => {
    expect(metricColumn("metrics.val/acc")).toEqual({ key: "val/acc", of: "last" });
    expect(metricColumn("metrics.val/acc:max")).toEqual({ key: "val/acc", of: "max" });
    expect(metricColumn("metrics.a:b:best")).toEqual({ key: "a:b", of: "best" });
    expect(metricColumn("params.a:max")).toBeUndefined();
    expect(columnLabel("metrics.val/acc:max")).toBe("max val/acc");
    expect(withAggregate("metrics.loss:max", "last")).toBe("metrics.loss");
  });
  it("asks the server for the least or the greatest when the best is wanted", () => {
    const goals = { loss: "min", acc: "max" } as const;
    expect(
      valueColumns(["name", "metrics.loss:best", "metrics.acc:best", "params.a:max"], goals),
    ).toEqual(["metrics.loss:min", "metrics.acc:max", "params.a:max"]);
    // Nobody said which way is better.
    expect(serverColumn("metrics.other:best", goals)).toBe("metrics.other");
    expect(valueColumns(["metrics.loss:best", "metrics.loss:min"], goals)).toEqual([
      "metrics.loss:min",
    ]);
  });
  it("is sorted by what it shows", () => {
    const by = (column: string) => orderBy({ column, descending: true }, { "val/acc": "max" });
    expect(by("metrics.val/acc")).toEqual(["metrics.`val/acc` DESC"]);
    expect(by("metrics.val/acc:best")).toEqual(["max(metrics.`val/acc`) DESC"]);
    expect(by("metrics.loss:min")).toEqual(["min(metrics.loss) DESC"]);
    expect(by("metrics.loss:best")).toEqual(["metrics.loss DESC"]);
  });
});

it("a difference is good or bad by the goal of its metric", () => {
  expect(delta(0.9, 0.8, "max")?.tone).toBe("better");
  expect(delta(0.9, 0.8, "min")?.tone).toBe("worse");
  expect(delta(0.7, 0.8, "min")?.tone).toBe("better");
  expect(delta(0.9, 0.8, undefined)?.tone).toBe("same");
  expect(delta(0.8, 0.8, "max")).toEqual({ by: 0, tone: "same" });
  expect(delta("NaN", 0.8, "max")).toBeUndefined();
  expect(delta(0.8, null, "max")).toBeUndefined();
});
