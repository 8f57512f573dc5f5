import { expect, it } from "vitest";
import type { ArtifactEntry } from "../../api/contract";
import { mergeEntries } from "./merged";

const file = (path: string, sha256?: string): ArtifactEntry => ({
  path,
  is_dir: false,
  size: 1,
  ...(sha256 ? { sha256 } : {}),
});
const folder = (path: string): ArtifactEntry => ({ path, is_dir: true, size: 1 });

it("has each path once, with the runs that have it", () => {
  const merged = mergeEntries([
    [file("b.txt", "1"), folder("plots"), file("only.txt", "2")],
    [file("b.txt", "1"), folder("plots"), file("a10.txt"), file("a9.txt", "3")],
  ]);
  expect(merged.map(({ path }) => path)).toEqual([
    "plots",
    "a9.txt",
    "a10.txt",
    "b.txt",
    "only.txt",
  ]);
  expect(merged.map(({ entries }) => entries.map((entry) => entry !== undefined))).toEqual([
    [true, true],
    [false, true],
    [false, true],
    [true, true],
    [true, false],
  ]);
  expect(merged.filter(({ same }) => same).map(({ path }) => path)).toEqual(["b.txt"]);
});

it("tells a folder from a file of its name, and nothing same of one run", () => {
  expect(mergeEntries([[folder("x")], [file("x", "1")]])).toHaveLength(2);
  expect(mergeEntries([[file("x", "1")]])[0]?.same).toBe(false);
  expect(mergeEntries([])).toEqual([]);
});
