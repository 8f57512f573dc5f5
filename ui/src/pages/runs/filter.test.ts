import { expect, it } from "vitest";
import type { Fields, FilterToken } from "../../api/contract";
import { complete, completions } from "./completion";
import { csvField, csvHead, csvRows } from "./export";
import { carry, highlight, type Tokens, toUtf16 } from "./highlight";

const fields: Fields = {
  params: [{ key: "lr", runs: 3 }],
  tags: [],
  metrics: [
    { key: "val/acc", runs: 9, min: 0, max: 1 },
    { key: "loss", runs: 9, min: 0, max: 1 },
  ],
};

/** The tokens of a text, written as [kind, text]. */
function tokensOf(text: string, ...pieces: [FilterToken["kind"], string][]): FilterToken[] {
  let at = 0;
  return pieces.map(([kind, piece]) => {
    const from = text.indexOf(piece, at);
    at = from + piece.length;
    return { kind, span: [from, at] };
  });
}

const texts = (text: string, tokens: Tokens) =>
  tokens.map(({ kind, span }) => `${kind} ${text.slice(...span)}`);

it("colours a filter without losing a character", () => {
  const text = "metrics.`val/acc` >= 0.9 ∧ x";
  const tokens = tokensOf(text, ["key", "metrics.`val/acc`"], ["operator", ">="], ["value", "0.9"]);
  const pieces = highlight(text, tokens, undefined);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.map((piece) => piece.kind)).toEqual([
    "key",
    "other",
    "operator",
    "other",
    "value",
    "other",
  ]);
});

it("marks exactly the span of the error, and what no run has", () => {
  const text = "metrics.loss << 1";
  const tokens = tokensOf(text, ["key", "metrics.loss"], ["operator", "<<"], ["value", "1"]);
  const pieces = highlight(text, tokens, [14, 15], [[0, 12]]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.filter((piece) => piece.bad).map((piece) => piece.text)).toEqual(["<"]);
  expect(pieces.filter((piece) => piece.odd).map((piece) => piece.text)).toEqual(["metrics.loss"]);
});

it("carries tokens over to what is typed, until the server has seen it", () => {
  const text = "metrics.loss < 1 and x";
  const tokens = tokensOf(
    text,
    ["key", "metrics.loss"],
    ["operator", "<"],
    ["value", "1"],
    ["keyword", "and"],
    ["key", "x"],
  );
  for (const [after, expected] of [
    [text, ["key metrics.loss", "operator <", "value 1", "keyword and", "key x"]],
    [
      "metrics.loss < 1.5 and x",
      ["key metrics.loss", "operator <", "value 1.5", "keyword and", "key x"],
    ],
    [
      "metrics.l0ss < 1 and x",
      ["key metrics.l0ss", "operator <", "value 1", "keyword and", "key x"],
    ],
    [
      "metrics.loss < 1 and xy",
      ["key metrics.loss", "operator <", "value 1", "keyword and", "key xy"],
    ],
    ["metrics.los and x", ["key metrics.los", "keyword and", "key x"]],
    ["metrics.loss < 1 or x", ["key metrics.loss", "operator <", "value 1", "keyword or", "key x"]],
    ["lo", ["key lo"]],
    ["", []],
  ] as const)
    expect(texts(after, carry(tokens, text, after)), after).toEqual(expected);
  expect(carry([], "", "metrics")).toEqual([]);
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
