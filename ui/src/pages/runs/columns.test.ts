import { expect, it } from "vitest";
import { columnLabel, defaultColumns, layout, valueColumns } from "./columns";
import { isColumnId, isSortable } from "./url-state";

it("knows curves of metrics: shown, but neither sorted by nor fetched as values", () => {
  expect(isColumnId("spark.val/acc")).toBe(true);
  expect(isSortable("spark.val/acc")).toBe(false);
  expect(isSortable("metrics.val/acc")).toBe(true);
  expect(columnLabel("spark.val/acc")).toBe("val/acc curve");
  expect(valueColumns(["name", "spark.loss", "metrics.loss", "params.lr"], {})).toEqual([
    "metrics.loss",
    "params.lr",
  ]);
});

it("takes the widths that were set, except for the name on a narrow screen", () => {
  const widths = { name: 400, "spark.loss": 300, "metrics.loss": 5 };
  const ids = ["name", "status", "spark.loss", "metrics.loss"];
  const wide = layout(ids, ["metrics.loss"], false, widths);
  expect(wide.map(({ id, width, pinned }) => [id, width, pinned])).toEqual([
    ["name", 400, true],
    ["metrics.loss", 56, true],
    ["status", 104, false],
    ["spark.loss", 300, false],
  ]);
  expect(layout(ids, [], true, widths)[0]?.width).toBe(112);
});

it("shows the parameters in which runs differ, before those that are the same in all", () => {
  const param = (key: string, runs: number, varies: boolean) => ({ key, runs, varies });
  const shown = defaultColumns({
    params: [
      param("same", 9, false),
      param("lr", 9, true),
      param("seed", 3, true),
      param("alike", 8, false),
      param("rare", 1, false),
    ],
    metrics: [{ key: "loss", runs: 9 }],
    tags: [],
  });
  expect(shown.slice(4)).toEqual([
    "metrics.loss",
    "params.lr",
    "params.seed",
    "params.same",
    "params.alike",
  ]);
});
