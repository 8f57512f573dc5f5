import { describe, expect, it } from "vitest";
import { chartRows, csvCell, csvText } from "./csv";
import {
  align,
  drawnValues,
  groupMarks,
  type Line,
  makeLine,
  nearestIndex,
  overMetric,
  toServerX,
  unionX,
  xRange,
  yRange,
} from "./lines";
import { assignStyles, SLOTS, slotOf } from "./palette";
import { extent, makeScale, padded } from "./scale";
import { sparkPath } from "./spark-path";
import {
  durationLabel,
  durationTicks,
  linearTicks,
  logTicks,
  tickLabel,
  tickLabels,
} from "./ticks";

const STYLE = { slot: 0, dash: 0 };

function line(parts: Partial<Line>): Line {
  return {
    id: "r",
    label: "r",
    style: STYLE,
    points: 0,
    xs: [],
    min: [],
    max: [],
    last: [],
    drawn: parts.last ?? [],
    nans: [],
    infs: [],
    ...parts,
  };
}

describe("ticks", () => {
  it("are round and inside the range", () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(-0.3, 0.3, 6)).toEqual(
      [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3].filter((t) => Math.abs(t) <= 0.3),
    );
    expect(linearTicks(Number.NaN, 1, 5)).toEqual([]);
  });
  it("follow the decades on a log axis", () => {
    expect(logTicks(0.001, 1000, 8)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(logTicks(0.01, 1, 4)).toEqual([0.01, 0.03, 0.1, 0.3, 1]);
    expect(logTicks(1e-300, 1e300, 6).length).toBeLessThanOrEqual(8);
    expect(logTicks(0, 1, 5)).toEqual([]);
  });
  it("have labels with just enough digits", () => {
    expect(tickLabels([0, 0.25, 0.5])).toEqual(["0", "0.25", "0.5"]);
    expect(tickLabels([0, 25_000, 50_000])).toEqual(["0", "25k", "50k"]);
    expect(tickLabels([1_000_000, 1_000_010])).toEqual(["1M", "1.00001M"]);
    expect(tickLabels([0.001, 0.01, 1000, 100_000], true)).toEqual([
      "0.001",
      "0.01",
      "1000",
      "100k",
    ]);
    expect(tickLabel(1e-300)).toBe("1e-300");
    expect(tickLabel(-0)).toBe("0");
    expect(tickLabel(2.5e20)).toBe("2.5e20");
  });
  it("of durations are round", () => {
    expect(durationTicks(0, 300, 5)).toEqual([0, 60, 120, 180, 240, 300]);
    expect(durationLabel(90)).toBe("1m 30s");
    expect(durationLabel(7200)).toBe("2h");
    expect(durationLabel(-0.25)).toBe("−0.25s");
  });
});

describe("scales", () => {
  it("go there and back", () => {
    const linear = makeScale(0, 10, false);
    expect(linear.at(5)).toBe(0.5);
    expect(linear.invert(0.5)).toBe(5);
    const log = makeScale(0.01, 100, true);
    expect(log.at(1)).toBeCloseTo(0.5);
    expect(log.invert(0.5)).toBeCloseTo(1);
    expect(log.at(0)).toBeNull();
    expect(linear.at(Number.NaN)).toBeNull();
  });
  it("have a range for one value and for none", () => {
    expect(extent([Number.NaN, null])).toBeNull();
    expect(extent([-1, 0, 3], true)).toEqual([3, 3]);
    expect(padded([0, 0])).toEqual([-1, 1]);
    expect(padded([10, 10], true)).toEqual([5, 20]);
  });
});

describe("palette", () => {
  it("gives a run alone its own slot and never repeats one within eight", () => {
    const ids = Array.from({ length: 20 }, (_, index) => `run${index}`);
    const styles = assignStyles(ids);
    expect(styles.get("run0")?.slot).toBe(slotOf("run0"));
    const firstEight = ids.slice(0, SLOTS).map((id) => styles.get(id)?.slot);
    expect(new Set(firstEight).size).toBe(SLOTS);
    expect(styles.get("run8")?.dash).toBe(1);
    expect(styles.get("run16")?.dash).toBe(2);
  });
});

describe("lines", () => {
  it("are aligned on one axis", () => {
    const common = unionX([line({ xs: [0, 2] }), line({ xs: [1, 2, 3] })]);
    expect(common).toEqual([0, 1, 2, 3]);
    expect(align(common, [0, 2], [5, 6])).toEqual([5, null, 6, null]);
    expect(align([1], [1, 1], [5, 6])).toEqual([6]);
  });
  it("show spikes in the range although the drawn line misses them", () => {
    const spiky = line({ xs: [0, 1], min: [-7, 1], max: [1, 99], last: [1, 1] });
    const [low, high] = yRange([spiky], false);
    expect(low).toBeLessThanOrEqual(-7);
    expect(high).toBeGreaterThanOrEqual(99);
    const [lowLog] = yRange([spiky], true);
    expect(lowLog).toBeGreaterThan(0);
  });
  it("have an axis even when every value is NaN", () => {
    expect(xRange([line({ nans: [3, 9] })])).toEqual([3, 9]);
    expect(xRange([line({})])).toBeNull();
  });
  it("leave out what a log axis cannot show", () => {
    expect(drawnValues(line({ xs: [0, 1], last: [0, 2], points: 2 }), true)).toEqual([null, 2]);
  });
  it("convert x there and back", () => {
    const made = makeLine(
      { points: 1, x: [5000], min: [1], max: [1], last: [1], nans: [], infs: [] },
      { id: "a", label: "a", style: STYLE },
      "relative",
      3000,
    );
    expect(made.xs).toEqual([2]);
    expect(toServerX(2, "relative", 3000)).toBe(5000);
    expect(toServerX(0.25, overMetric("epoch"), 3000)).toBe(0.25);
  });
  it("are drawn as their moving average where there is one", () => {
    const raw = { points: 1, x: [1], min: [1], max: [1], last: [1], nans: [], infs: [] };
    const who = { id: "a", label: "a", style: STYLE };
    expect(drawnValues(makeLine({ ...raw, smooth: [4] }, who, "step", 0), false)).toEqual([4]);
    expect(drawnValues(makeLine(raw, who, "step", 0), false)).toEqual([1]);
  });
  it("find the nearest point", () => {
    expect(nearestIndex([0, 10, 20], 14)).toBe(1);
    expect(nearestIndex([0, 10, 20], 16)).toBe(2);
    expect(nearestIndex([0, 10, 20], -5)).toBe(0);
    expect(nearestIndex([], 1)).toBe(-1);
  });
  it("group marks that would cover one another", () => {
    expect(groupMarks([1, 2, 50], 5)).toEqual([
      { x: 1, count: 2 },
      { x: 50, count: 1 },
    ]);
  });
});

describe("csv", () => {
  it("quotes, and disarms formulas", () => {
    expect(csvCell('a "b", c')).toBe('"a ""b"", c"');
    expect(csvCell("=1+1")).toBe("'=1+1");
    expect(csvCell(-1)).toBe("-1");
    expect(csvText([["a", null]])).toBe("a,\r\n");
  });
  it("holds NaN and infinity in their place", () => {
    const rows = chartRows(
      [line({ xs: [0, 2], last: [1, 2], min: [1, 2], max: [1, 2], nans: [1], infs: [[3, -1]] })],
      "step",
    );
    expect(rows.map((row) => row[2])).toEqual(["last", 1, Number.NaN, 2, Number.NEGATIVE_INFINITY]);
  });
});

describe("sparkline", () => {
  it("keeps the spike in its band", () => {
    const shape = sparkPath({ x: [0, 1], min: [0, 0], max: [0, 10], last: [0, 0] }, 14, 14);
    expect(shape?.line).toBe("M2.0 12.0L12.0 12.0");
    expect(shape?.band).toBe("M2.0 12.0L12.0 2.0L12.0 12.0L2.0 12.0Z");
  });
  it("draws a single and a constant value, and nothing for nothing", () => {
    expect(sparkPath({ x: [5], min: [1], max: [1], last: [1] }, 14, 14)?.line).toBe("M2.0 7.0h3");
    expect(sparkPath({ x: [], min: [], max: [], last: [] }, 14, 14)).toBeNull();
  });
});
