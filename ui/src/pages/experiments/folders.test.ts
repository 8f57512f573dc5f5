import { expect, test } from "vitest";
import type { Experiment } from "../../api/contract";
import { treeRows } from "./folders";
import type { SortKey } from "./list";

function leaf(name: string, runs = 0, owner = "") {
  const one = { experiment_id: name, name, runs } as Experiment;
  const days = runs === 0 ? undefined : [runs, 0];
  const totals = { name, runs, running: 0, failed_24h: 0, last_activity: runs || null };
  return { one, totals: { ...totals, created: 1, owner, days } };
}

function shown(names: string[], open: string[] = [], key: SortKey = "name") {
  const rows = treeRows(
    names.map((name) => leaf(name)),
    new Set(open),
    key,
    false,
  );
  return rows.map((row) => `${" ".repeat(row.depth)}${row.label}`);
}

test("experiments with a folder in common are below it, others stand alone", () => {
  const names = ["speech/asr", "speech/tts", "speech", "alone/in/here", "plain"];
  expect(shown(names)).toEqual(["alone/in/here", "plain", "speech", "speech/"]);
  expect(shown(names, ["speech/"])).toEqual([
    "alone/in/here",
    "plain",
    "speech",
    "speech/",
    " asr",
    " tts",
  ]);
});

test("a folder that only holds another one is one with it", () => {
  const names = ["/Users/ann/a", "/Users/ann/b", "x/y/z/1", "x/y/2"];
  expect(shown(names, ["/Users/ann/", "x/y/"])).toEqual([
    "/Users/ann/",
    " a",
    " b",
    "x/y/",
    " 2",
    " z/1",
  ]);
});

test("odd slashes lose nothing", () => {
  const names = ["a/", "a//b", "a//c", "/", "//"];
  expect(shown(names, ["a/"]).sort()).toEqual([" /b", " /c", "/", "//", "a/", "a/"]);
});

test("a folder counts what is below it, and is sorted by that", () => {
  const leaves = [
    leaf("f/a", 3, "ann"),
    leaf("f/b", 4),
    leaf("big", 5),
    leaf("g/a", 1, "ann"),
    leaf("g/b", 1, "eve"),
  ];
  const rows = treeRows(leaves, new Set(), "runs", true);
  expect(rows.map((row) => [row.label, row.totals.runs])).toEqual([
    ["f/", 7],
    ["big", 5],
    ["g/", 2],
  ]);
  const [folder, , mixed] = rows;
  expect(folder?.totals).toMatchObject({ owner: "ann", days: [7, 0], last_activity: 4 });
  expect(mixed?.totals.owner).toBe("");
});
