import { describe, expect, it } from "vitest";
import { boxStats, groupBy, quantile } from "./box";
import { above, hull, surface } from "./contour";

describe("boxes", () => {
  it("have linear quartiles and whiskers that stop at the last value within reach", () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(boxStats([4, 1, 3, 2, 100])).toEqual({
      count: 5,
      q1: 2,
      median: 3,
      q3: 4,
      low: 1,
      high: 4,
    });
    expect(boxStats([7])).toEqual({ count: 1, q1: 7, median: 7, q3: 7, low: 7, high: 7 });
    expect(boxStats([Number.NaN])).toBeNull();
  });
  it("never have a whisker inside", () => {
    const stats = boxStats([0, 0, 0, 1000]);
    expect(stats?.high).toBe(stats?.q3);
  });
  it("group equal values in order and leave out runs without one", () => {
    expect(groupBy([10, null, 2, 10])).toEqual([
      { label: "2", members: [2] },
      { label: "10", members: [0, 3] },
    ]);
    expect(groupBy(["b", "a"]).map((group) => group.label)).toEqual(["a", "b"]);
  });
  it("put many numbers into ranges of about equal size", () => {
    const groups = groupBy(Array.from({ length: 30 }, (_, index) => index));
    expect(groups.map((group) => group.members.length)).toEqual([5, 5, 5, 5, 5, 5]);
    expect(groups[0]?.label).toBe("0 to 4");
  });
  it("put the rarest of many words together", () => {
    const words = Array.from({ length: 20 }, (_, index) => `w${index}`);
    const groups = groupBy([...words, "w19"]);
    expect(groups).toHaveLength(12);
    expect(groups.at(-1)?.label).toBe("9 others");
    expect(groups.flatMap((group) => group.members)).toHaveLength(21);
    expect(groups.some((group) => group.label === "w19")).toBe(true);
  });
});

function area(polygon: readonly [number, number][]): number {
  return (
    polygon.reduce((sum, [x, y], index) => {
      const [nextX, nextY] = polygon[(index + 1) % polygon.length] ?? [0, 0];
      return sum + x * nextY - nextX * y;
    }, 0) / 2
  );
}

describe("contours", () => {
  it("are exact at the points and stay between the lowest and the highest", () => {
    const samples = [
      { x: 0, y: 0, z: 1 },
      { x: 1, y: 1, z: 5 },
      { x: 1, y: 1, z: 7 },
    ];
    const { z } = surface(samples, 4, 4);
    expect(z[0]).toBe(1);
    expect(z.at(-1)).toBe(6);
    expect(Math.min(...z)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...z)).toBeLessThanOrEqual(7);
  });
  it("cover what lies above a level", () => {
    // A plane that rises from 0 to 1 along x.
    const plane = { columns: 4, rows: 1, z: [0, 0.25, 0.5, 0.75, 1, 0, 0.25, 0.5, 0.75, 1] };
    const covered = above(plane, 0.6).reduce((sum, polygon) => sum + area(polygon), 0);
    expect(covered).toBeCloseTo(0.4);
    expect(above(plane, 2)).toEqual([]);
    expect(above(plane, -1)).toHaveLength(1);
  });
  it("have an outline around the points", () => {
    expect(
      hull([
        [0, 0],
        [1, 0],
        [0.4, 0.4],
        [1, 1],
        [0, 1],
      ]),
    ).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ]);
    expect(
      hull([
        [0, 0],
        [0.5, 0.5],
        [1, 1],
      ]).length,
    ).toBeLessThan(3);
  });
});
