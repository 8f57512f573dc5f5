import { describe, expect, it } from "vitest";
import type { RunDetail, RunRow } from "../../api/contract";
import { buildAxis, thinned } from "./axis";
import { deltaOf, directionOf, metricRows, textRows } from "./diff";
import { fieldsOf, fieldValue } from "./fields";
import { backgroundOf } from "./useBackground";

function run(params: Record<string, string>, metrics: Record<string, number | "NaN">): RunDetail {
  return {
    run: {
      run_id: "r",
      experiment_id: "1",
      name: "r",
      user: "",
      status: "FINISHED",
      start: 0,
      end: 1,
      deleted: false,
      artifact_uri: "",
    },
    experiment: { experiment_id: "1", name: "e" },
    params,
    tags: {},
    metrics: Object.entries(metrics).map(([key, last]) => ({
      key,
      last,
      step: 0,
      timestamp: 0,
      min: last,
      max: last,
      points: 1,
      nans: 0,
    })),
    datasets: [],
    position: 1,
  };
}

describe("differences", () => {
  it("include what only one run has, and names that objects have by themselves", () => {
    expect(textRows([{ lr: "1" }, { lr: "1", constructor: "x" }])).toEqual([
      { key: "constructor", values: [undefined, "x"], differs: true },
      { key: "lr", values: ["1", "1"], differs: false },
    ]);
  });
  it("find the best run only where the name says what is better", () => {
    const rows = metricRows(
      [run({}, { loss: 2, x: 1 }), run({}, { loss: 1, x: 2 }), run({}, { loss: "NaN" })],
      "last",
    );
    expect(rows.map((row) => [row.key, row.best])).toEqual([
      ["loss", 1],
      ["x", undefined],
    ]);
    expect(directionOf("val/acc")).toBe("up");
    expect(directionOf("train_loss")).toBe("down");
    expect(directionOf("accumulated")).toBeUndefined();
    expect(directionOf("score_error")).toBeUndefined();
  });
  it("are in percent of the baseline", () => {
    expect(deltaOf(0.9852, 0.9873, "up")).toEqual({ text: "−0.21 %", sign: -1, better: false });
    expect(deltaOf(2, -1, "down")).toEqual({ text: "+300 %", sign: 1, better: false });
    expect(deltaOf(0.5, 0, undefined)).toEqual({ text: "+0.5", sign: 1, better: undefined });
    expect(deltaOf(1, 1, "up")?.text).toBe("=");
    expect(deltaOf("NaN", 1, "up")).toBeUndefined();
    expect(deltaOf(1, undefined, "up")).toBeUndefined();
  });
});

describe("runs in the background", () => {
  const row = (run_id: string, values: (string | number | null)[]) =>
    ({ run_id, values }) as unknown as RunRow;
  const answer = {
    rows: [row("a", ["1e-3", 2]), row("b", ["adam", "NaN" as never]), row("c", [null, 5])],
    matched: 9,
    fields: ["params.lr", "metrics.loss"],
  };
  it("are those that are not compared, with numbers where there are some", () => {
    const { values, cut, matched } = backgroundOf(answer, answer.fields, new Set(["a"]));
    expect(values).toEqual([
      ["adam", null],
      [null, 5],
    ]);
    expect([cut, matched]).toEqual([true, 9]);
  });
  it("have a gap where a field was not fetched yet", () => {
    const fields = ["metrics.new", "params.lr"];
    expect(backgroundOf(answer, fields, new Set()).values[0]).toEqual([null, 0.001]);
    expect(backgroundOf(undefined, fields, new Set()).values).toEqual([]);
  });
  it("may have more categories than labels have room", () => {
    expect(thinned([1, 2, 3, 4, 5], 2)).toEqual([1, 4]);
    expect(thinned([1, 2], 2)).toEqual([1, 2]);
  });
});

describe("axes", () => {
  it("are numbers where all values are, else categories", () => {
    const numbers = buildAxis([1, 10, null, 100], true);
    expect(numbers.log).toBe(true);
    expect(numbers.at(10)).toBeCloseTo(0.5);
    expect(numbers.at(null)).toBeNull();
    expect(buildAxis([0, 1], true).log).toBe(false);
    const mixed = buildAxis([32, "adam"], false);
    expect(mixed.kind).toBe("category");
    expect(mixed.at("adam")).toBe(0.75);
    expect(mixed.at(32)).toBe(0.25);
  });
  it("take fields from runs, different ones first", () => {
    const runs = [
      run({ lr: "1e-3", opt: "sgd" }, { loss: 1 }),
      run({ lr: "1e-3", opt: "adam" }, {}),
    ];
    expect(fieldValue(runs[0] as RunDetail, "params.lr")).toBe(0.001);
    expect(fieldsOf(runs).map((one) => one.field)).toEqual([
      "params.opt",
      "metrics.loss",
      "params.lr",
    ]);
  });
});
