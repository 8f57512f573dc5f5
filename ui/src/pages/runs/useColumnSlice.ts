// Which columns are in the view of the grid. The pinned ones always are; of the others only those
// that the sideways scroll position shows, with one column more on each side.
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import type { Column } from "./columns";

const MARGIN_PX = 200;

export interface ColumnSlice {
  /** Index of the first and after the last unpinned column that is drawn. */
  from: number;
  to: number;
  /** Width of the unpinned columns that are left out before `from`. */
  before: number;
  pinnedWidth: number;
  totalWidth: number;
  /** Scrolls sideways until a column is in view. */
  reveal: (column: number) => void;
}

export function useColumnSlice(
  scroller: RefObject<HTMLDivElement | null>,
  columns: Column[],
  /** Width of what stands before the first column. */
  boxWidth: number,
): ColumnSlice {
  const edges = useMemo(() => {
    // edges[i] is where column i begins.
    const list = [0];
    for (const column of columns) list.push((list.at(-1) ?? 0) + column.width);
    return list;
  }, [columns]);
  const pinnedCount = columns.filter((column) => column.pinned).length;
  const pinnedWidth = edges[pinnedCount] ?? 0;
  const [range, setRange] = useState<[number, number]>([pinnedCount, columns.length]);

  const measure = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const left = element.scrollLeft + pinnedWidth - MARGIN_PX;
    const right = element.scrollLeft + element.clientWidth + MARGIN_PX;
    let from = pinnedCount;
    while (from < columns.length && (edges[from + 1] ?? 0) < left) from += 1;
    let to = from;
    while (to < columns.length && (edges[to] ?? 0) < right) to += 1;
    setRange((now) => (now[0] === from && now[1] === to ? now : [from, to]));
  }, [scroller, columns, edges, pinnedCount, pinnedWidth]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [scroller, measure]);

  const reveal = useCallback(
    (column: number) => {
      const element = scroller.current;
      if (!element || column < pinnedCount) return;
      const start = (edges[column] ?? 0) - pinnedWidth;
      const end = (edges[column + 1] ?? 0) + boxWidth - element.clientWidth;
      if (element.scrollLeft > start) element.scrollLeft = start;
      else if (element.scrollLeft < end) element.scrollLeft = end;
    },
    [scroller, edges, pinnedCount, pinnedWidth, boxWidth],
  );

  // After the columns have changed, the range is out of date until measured again.
  const from = Math.max(pinnedCount, Math.min(range[0], columns.length));
  const to = Math.max(from, Math.min(range[1], columns.length));
  return useMemo(
    () => ({
      from,
      to,
      before: (edges[from] ?? 0) - pinnedWidth,
      pinnedWidth,
      totalWidth: edges.at(-1) ?? 0,
      reveal,
    }),
    [from, to, edges, pinnedWidth, reveal],
  );
}
