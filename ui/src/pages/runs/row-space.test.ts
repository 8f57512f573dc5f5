import { describe, expect, it } from "vitest";
import { MOST_PIXELS, makeSpace, mostBase, placeOf, scrolled } from "./row-space";

const HEIGHT = 32;
const VIEW = 640;
const BIG = makeSpace(10_000_000, HEIGHT, VIEW);
const END = BIG.places - BIG.visible;

describe("rows that all have room", () => {
  it("are where they are", () => {
    const space = makeSpace(100_000, HEIGHT, VIEW);
    expect(space).toEqual({ rows: 100_000, places: 100_000, visible: 20 });
    expect(scrolled(0, 0, 50_000, space)).toBe(0);
    expect(placeOf(99_999, 0, space)).toEqual({ place: 99_999, base: 0 });
    expect(makeSpace(0, HEIGHT, VIEW).places).toBe(0);
  });
});

describe("more rows than places", () => {
  it("are no higher than a browser can draw", () => {
    expect(BIG.places * HEIGHT).toBeLessThanOrEqual(MOST_PIXELS);
    expect(BIG.places * HEIGHT).toBeGreaterThan(MOST_PIXELS - HEIGHT);
  });
  it("are all reached by dragging", () => {
    expect(scrolled(123, 5_000, 0, BIG)).toBe(0);
    expect(scrolled(0, 0, END, BIG)).toBe(mostBase(BIG));
    const middle = scrolled(0, 0, END / 2, BIG) + END / 2;
    expect(Math.abs(middle - (BIG.rows - BIG.visible) / 2)).toBeLessThan(2);
  });
  it("move with the wheel", () => {
    let base = scrolled(0, 0, 40_000, BIG);
    const [first, kept] = [40_000 + base, base];
    let at = 40_000;
    for (let turn = 0; turn < 500; turn++) {
      base = scrolled(base, at, at + 3.125, BIG);
      at += 3.125;
    }
    expect(base).toBe(kept);
    expect(at + base - first).toBe(500 * 3.125);
  });
  it("end with the last row also where the view cuts a row", () => {
    const space = makeSpace(1_000_000, HEIGHT, 650);
    const end = (space.places * HEIGHT - 650) / HEIGHT;
    expect(scrolled(7, end - 10, end - 0.02, space)).toBe(mostBase(space));
  });
  it.each([1, 1.7, 20, 55])(
    "end with the last and begin with the first, %s rows a turn",
    (step) => {
      // Scrolled far off the mark: the base is that of another place.
      let base = 4_000_000;
      let at = END - 30_000 * step > 0 ? END - 2_000 : END / 2;
      let row = at + base;
      while (at < END) {
        const to = Math.min(END, at + step);
        base = scrolled(base, at, to, BIG);
        at = to;
        expect(at + base).toBeGreaterThanOrEqual(row);
        row = at + base;
      }
      expect(row).toBe(BIG.rows - BIG.visible);
      at = 2_000;
      base = 777_777;
      while (at > 0) {
        const to = Math.max(0, at - step);
        base = scrolled(base, at, to, BIG);
        at = to;
        expect(base).toBeGreaterThanOrEqual(0);
      }
      expect(base).toBe(0);
    },
  );
  it("are found by the keyboard", () => {
    expect(placeOf(0, 55, BIG)).toEqual({ place: 0, base: 0 });
    expect(placeOf(BIG.rows - 1, 0, BIG)).toEqual({ place: BIG.places - 1, base: mostBase(BIG) });
    const far = placeOf(5_000_000, 0, BIG);
    expect(far.place + far.base).toBe(5_000_000);
    expect(placeOf(5_000_001, far.base, BIG)).toEqual({ place: far.place + 1, base: far.base });
    for (const row of [1, 2, 999_999, BIG.rows - 2])
      for (const base of [0, 40, mostBase(BIG)]) {
        const found = placeOf(row, base, BIG);
        expect(found.place + found.base).toBe(row);
        expect(found.place).toBeGreaterThanOrEqual(0);
        expect(found.place).toBeLessThan(BIG.places);
        expect(found.base).toBeGreaterThanOrEqual(0);
        expect(found.base).toBeLessThanOrEqual(mostBase(BIG));
      }
  });
  it("become fewer by a filter", () => {
    const fewer = makeSpace(200_000, HEIGHT, VIEW);
    expect(scrolled(9_000_000, 100, 101, fewer)).toBe(mostBase(fewer));
    expect(scrolled(9_000_000, 100, 101, makeSpace(50, HEIGHT, VIEW))).toBe(0);
  });
});
