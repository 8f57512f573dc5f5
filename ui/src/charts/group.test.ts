import { describe, expect, it } from "vitest";
import { groupLines, meanLine } from "./group";
import type { Line } from "./lines";
import { assignStyles, GROUP_SLOT, MOST_LINES, slotColour } from "./palette";

function line(slot: number, xs: number[], last: number[], parts: Partial<Line> = {}): Line {
  const style = { slot, dash: 0 };
  const empty = { nans: [], infs: [] };
  return {
    id: "r",
    label: "r",
    style,
    points: 0,
    xs,
    min: last,
    max: last,
    last,
    drawn: last,
    ...empty,
    ...parts,
  };
}

describe("more lines than can be told apart", () => {
  it("have no style of their own from the 101st on", () => {
    const ids = Array.from({ length: 103 }, (_, index) => `run-${index}`);
    const slots = [...assignStyles(ids).values()].map((style) => style.slot);
    expect(slots.filter((slot) => slot === GROUP_SLOT)).toHaveLength(3);
    expect(slots.slice(0, MOST_LINES).every((slot) => slot < GROUP_SLOT)).toBe(true);
    expect(slotColour(GROUP_SLOT)).toBe("var(--fg)");
  });
  it("become one, and few stay as they are", () => {
    const few = [line(0, [0], [1]), line(1, [0], [2])];
    expect(groupLines(few)).toEqual({ lines: few, grouped: 0 });
    const many = [...few, line(GROUP_SLOT, [0], [3]), line(GROUP_SLOT, [0], [5])];
    const { lines, grouped } = groupLines(many);
    expect(grouped).toBe(2);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatchObject({ label: "Mean of 2 more runs", last: [4], min: [3], max: [5] });
  });
});

describe("the mean line", () => {
  it("counts a line only where it has begun and not yet ended", () => {
    const mean = meanLine([line(8, [0, 2], [0, 2]), line(8, [1, 2, 3], [5, 6, 7])]);
    expect(mean.xs).toEqual([0, 1, 2, 3]);
    expect(mean.last).toEqual([0, 3, 4, 7]);
    expect(mean.min).toEqual([0, 1, 2, 7]);
    expect(mean.max).toEqual([0, 5, 6, 7]);
  });
  it("keeps extremes that lie between its x, and the marks", () => {
    const xs = Array.from({ length: 5000 }, (_, index) => index);
    const flat = xs.map(() => 1);
    const spike = flat.map((value, index) => (index === 2503 ? 99 : value));
    const mean = meanLine([line(8, xs, flat, { max: spike, nans: [7] }), line(8, xs, flat)]);
    expect(mean.xs).toHaveLength(301);
    expect(Math.max(...mean.max)).toBe(99);
    expect(mean.last.every((value) => value === 1)).toBe(true);
    expect(mean.nans).toEqual([7]);
  });
});
