// Follows the scrolling of the grid where there are more rows than places for them; see `row-space.ts`.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { makeSpace, mostBase, placeOf, scrolled } from "./row-space";

export interface RowSpace {
  /** So many rows the grid has room for. */
  places: number;
  /** The row of a place is its number and this. */
  base: number;
  /** Brings a row to a place, which it returns; then `settle` what was scrolled to show it. */
  placeOf: (row: number) => number;
  /** Takes the present scroll position for what is wanted, not for a jump. */
  settle: () => void;
}

export function useRowSpace(
  scroller: RefObject<HTMLDivElement | null>,
  rows: number,
  rowHeight: number,
  /** The height of what stands above the first row. */
  margin: number,
): RowSpace {
  const [chosen, setChosen] = useState(0);
  const [height, setHeight] = useState(0);
  const space = makeSpace(rows, rowHeight, height - margin);
  const base = Math.min(chosen, mostBase(space));
  const latest = useRef({ space, base, rowHeight });
  const place = useRef(0);
  useLayoutEffect(() => {
    latest.current = { space, base, rowHeight };
  });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setHeight(element.clientHeight);
    const follow = () => {
      const now = latest.current;
      const to = element.scrollTop / now.rowHeight;
      const next = scrolled(now.base, place.current, to, now.space);
      place.current = to;
      latest.current = { ...now, base: next };
      setChosen(next);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", follow, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", follow);
    };
  }, [scroller]);
  return {
    places: space.places,
    base,
    placeOf: (row) => {
      const found = placeOf(row, base, space);
      latest.current = { ...latest.current, base: found.base };
      setChosen(found.base);
      return found.place;
    },
    settle: () => {
      place.current = (scroller.current?.scrollTop ?? 0) / rowHeight;
    },
  };
}
