// Which rows stand where in a grid of very many. Browsers limit how high an element may be, and draw the lower end of a very high one
// less exactly; so beyond a limit there are fewer places than rows. A place shows the row that many rows on (`base`); the base stays
// while one scrolls by little, so that rows move with the wheel, and is chosen anew when one jumps. Pure.

/**
 * The greatest height of all places together, in pixels. Chromium ends at 33 million, half of it on a dense screen, Firefox at 18
 * million; and positions on the screen are floats of 24 bits, which from 4 million on are no longer exact to a quarter of a pixel.
 */
export const MOST_PIXELS = 3_500_000;

/** Scrolling farther at once, in heights of the view, is a jump; dragging the scrollbar by a pixel always is. */
const JUMP = 3;
/** As many heights of the view before an end, what was scrolled off the mark is made up for. */
const NEAR = 10;

/** Browsers round scroll positions to pixels of the screen. */
const SLACK = 0.1;

export interface Space {
  rows: number;
  /** At most `rows`; the same as long as they all have room. */
  places: number;
  /** Rows in the view, the last perhaps in part. */
  visible: number;
}

export function makeSpace(rows: number, rowHeight: number, viewHeight: number): Space {
  const places = Math.min(rows, Math.floor(MOST_PIXELS / rowHeight));
  return { rows, places, visible: Math.max(1, viewHeight / rowHeight) };
}

/** The greatest base: with it the last place shows the last row. */
export function mostBase({ rows, places }: Space): number {
  return rows - places;
}

/** The base after scrolling from one first place of the view to another; places may be fractions. */
export function scrolled(base: number, from: number, to: number, space: Space): number {
  const most = mostBase(space);
  if (most === 0) return 0;
  const { places, visible } = space;
  const end = Math.max(1, places - visible);
  const bounded = Math.min(most, Math.max(0, base));
  if (Math.abs(to - from) > JUMP * visible)
    return Math.round(most * Math.min(1, Math.max(0, to / end)));
  // The first place must show the first row, and the last the last.
  if (to <= 0) return 0;
  if (to >= end - SLACK) return most;
  const near = NEAR * visible;
  if (to < from && to < near) return Math.round((bounded * to) / Math.min(from, near));
  const [rest, before] = [end - to, end - from];
  if (to > from && rest < near)
    return most - Math.round(((most - bounded) * rest) / Math.min(before, near));
  return bounded;
}

/** The place of a row, and the base with which it is there: the present one if it can be, else as if one had dragged there. */
export function placeOf(row: number, base: number, space: Space): { place: number; base: number } {
  const now = row - base;
  const isEnd = row === 0 || row === space.rows - 1;
  if (!isEnd && now >= 0 && now < space.places) return { place: now, base };
  const place = space.rows > 1 ? Math.round((row * (space.places - 1)) / (space.rows - 1)) : 0;
  return { place, base: row - place };
}
