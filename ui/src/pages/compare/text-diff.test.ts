import { describe, expect, it } from "vitest";
import { type DiffRow, diffLines, fold, innerChange, linesOf } from "./text-diff";

/** As `diff` prints it: a sign and the line. */
function printed(rows: readonly DiffRow[]): string[] {
  return rows.flatMap(({ kind, left, right }) =>
    kind === "same"
      ? [` ${left?.[1]}`]
      : [...(left ? [`-${left[1]}`] : []), ...(right ? [`+${right[1]}`] : [])],
  );
}

describe("a difference of two texts", () => {
  it("is the shortest one", () => {
    const { rows, aligned } = diffLines([..."ABCABBA"], [..."CBABAC"]);
    expect(aligned).toBe(true);
    expect(rows.filter(({ kind }) => kind === "same")).toHaveLength(4);
    expect(rows.flatMap(({ left }) => (left ? [left[1]] : [])).join("")).toBe("ABCABBA");
    expect(rows.flatMap(({ right }) => (right ? [right[1]] : [])).join("")).toBe("CBABAC");
  });
  it("keeps every line and its number, whatever the texts", () => {
    let state = 7;
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state % below;
    };
    for (let round = 0; round < 200; round++) {
      const text = () => Array.from({ length: random(30) }, () => String(random(4)));
      const [a, b] = [text(), text()];
      for (const most of [1000, 3]) {
        const { rows } = diffLines(a, b, most);
        const lefts = rows.flatMap(({ left }) => (left ? [left] : []));
        const rights = rows.flatMap(({ right }) => (right ? [right] : []));
        expect(lefts).toEqual(a.map((line, index) => [index + 1, line]));
        expect(rights).toEqual(b.map((line, index) => [index + 1, line]));
        for (const { kind, left, right } of rows)
          if (kind === "same") expect(left?.[1]).toBe(right?.[1]);
      }
    }
  });
  it("puts a changed line beside what it became", () => {
    const rows = diffLines(["a", "lr: 1", "b", "c"], ["a", "lr: 2", "b", "c", "d"]).rows;
    expect(printed(rows)).toEqual([" a", "-lr: 1", "+lr: 2", " b", " c", "+d"]);
    expect(rows.map(({ kind }) => kind)).toEqual(["same", "changed", "same", "same", "added"]);
    expect(innerChange("lr: 0.10", "lr: 0.20")).toEqual([6, 1]);
    expect(innerChange("aa", "aaa")).toEqual([2, 0]);
  });
  it("of texts that have nothing in common is not searched for long", () => {
    const lines = (sign: string) => Array.from({ length: 20_000 }, (_, line) => `${sign}${line}`);
    const { rows, aligned } = diffLines(["x", ...lines("a")], ["x", ...lines("b")]);
    expect(aligned).toBe(false);
    expect(rows).toHaveLength(20_001);
    expect(rows[0]?.kind).toBe("same");
  });
  it("folds equal lines away from changes", () => {
    const a = Array.from({ length: 30 }, (_, line) => `line ${line}`);
    const b = a.map((line, at) => (at === 10 || at === 15 ? "new" : line));
    const folded = fold(diffLines(a, b).rows);
    const gaps = folded.flatMap((row) => (row.kind === "gap" ? [row.rows.length] : []));
    expect(gaps).toEqual([7, 11]);
    expect(folded.reduce((sum, row) => sum + (row.kind === "gap" ? row.rows.length : 1), 0)).toBe(
      30,
    );
    expect(fold(diffLines(["a"], ["a"]).rows)).toHaveLength(1);
  });
  it("does not see how lines end", () => {
    expect(linesOf("a\r\nb\n")).toEqual(linesOf("a\nb"));
    expect(linesOf("")).toEqual([]);
    expect(linesOf("a\n\n")).toEqual(["a", ""]);
  });
});
