import { expect, it } from "vitest";
import type { Fields } from "../../api/contract";
import { complete, completions } from "./completion";
import { csvField, csvHead, csvRows } from "./export";
import { highlight, toUtf16 } from "./highlight";

const fields: Fields = {
  params: [{ key: "lr", runs: 3 }],
  tags: [],
  metrics: [
    { key: "val/acc", runs: 9, min: 0, max: 1 },
    { key: "loss", runs: 9, min: 0, max: 1 },
  ],
};

it("colours a filter without losing a character", () => {
  const text = "metrics.`val/acc` >= 0.9 and params.optimizer = 'li''on' ∧ x";
  const pieces = highlight(text, undefined);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces[0]).toEqual({ text: "metrics.`val/acc`", kind: "key", bad: false, odd: false });
  expect(pieces.find((piece) => piece.text === "and")?.kind).toBe("operator");
});

it("marks exactly the span of the error", () => {
  const text = "metrics.loss << 1";
  const pieces = highlight(text, [14, 15]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.filter((piece) => piece.bad).map((piece) => piece.text)).toEqual(["<"]);
});

it("colours functions and times, and marks what no run has", () => {
  const text = "max(metrics.acc) > 0.9 or started > now-7d and duration < 1.5h";
  const pieces = highlight(text, undefined, [[4, 15]]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  const of = (kind: string) => pieces.filter((one) => one.kind === kind).map((one) => one.text);
  expect(of("value")).toEqual(["0.9", "now-7d", "1.5h"]);
  expect(of("operator")).toEqual(["max", ">", "or", ">", "and", "<"]);
  expect(pieces.filter((piece) => piece.odd).map((piece) => piece.text)).toEqual(["metrics.acc"]);
});

it("puts a completion in its place", () => {
  const offer = { text: "'adam'", from: 9, to: 12, hint: "" };
  expect(complete("params.o='ad  and x", offer)).toEqual({
    text: "params.o='adam' and x",
    cursor: 16,
  });
  expect(complete("ma", { text: "max(", from: 0, to: 2, hint: "" })).toEqual({
    text: "max(",
    cursor: 4,
  });
});

it("counts characters as the server does", () => {
  expect(toUtf16("a𝛼b", [1, 2])).toEqual([1, 3]);
  expect(toUtf16("abc", [3, 3])).toEqual([3, 3]);
});

it("completes keys with the right quoting", () => {
  const texts = (text: string) => completions(text, text.length, fields).map((one) => one.text);
  expect(texts("metrics.va")).toEqual(["metrics.`val/acc`"]);
  expect(texts("metrics.`va")).toEqual(["metrics.`val/acc`"]);
  expect(texts("metrics.loss < 1 and lo")).toEqual(["metrics.loss"]);
  expect(texts("params.x = 'lo")).toEqual([]);
  expect(texts("")).toEqual([]);
  expect(texts("not (lo")).toEqual(["metrics.loss"]);
  expect(texts("lr = 1 or (lr")).toEqual(["params.lr"]);
  expect(texts("max(lo")).toEqual(["metrics.loss"]);
  expect(texts("max(lr")).toEqual([]);
  for (const elsewhere of ["metrics.loss l", "params.x = l", "params.x in (l"])
    expect(texts(elsewhere)).toEqual([]);
  expect(texts("attributes.sta")).toEqual(["attributes.start_time", "attributes.status"]);
});

it("writes CSV that a spreadsheet reads and does not run", () => {
  expect(csvField('a,"b"')).toBe('"a,""b"""');
  expect(csvField("=1+1")).toBe("'=1+1");
  expect(csvField("-1e-3")).toBe("-1e-3");
  expect(csvField("-cmd")).toBe("'-cmd");
  const columns = ["name", "started", "duration", "metrics.a:best", "params.p"].map((id) => ({
    id,
    source: id.replace("best", "min"),
  }));
  expect(csvHead(columns)).toBe("run_id,run,started,duration_s,metrics.a:best,params.p\r\n");
  const row = {
    run_id: "r",
    experiment_id: "1",
    name: "n,1",
    user: "u",
    status: "FINISHED" as const,
    start: 0,
    end: 1500,
    deleted: false,
    values: ["NaN", null],
  };
  expect(csvRows([row], columns, ["metrics.a:min", "params.p"])).toBe(
    'r,"n,1",1970-01-01T00:00:00.000Z,1.5,NaN,\r\n',
  );
});
