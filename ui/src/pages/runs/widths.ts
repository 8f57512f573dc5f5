// Widths of columns that somebody set by hand: kept per experiment in this browser, because they
// belong to a screen and not to an address that is shared.
import { useCallback, useEffect, useRef, useState } from "react";
import type { ColumnId } from "./url-state";

export type Widths = Readonly<Record<ColumnId, number>>;

/** Undefined = as wide as the column is by itself. */
export type SetWidth = (column: ColumnId, width: number | undefined) => void;

export const MIN_WIDTH = 56;
export const MAX_WIDTH = 640;

export function clampWidth(width: number): number {
  return Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
}

/** Reads what was stored; anything that is not a width is left out. */
export function readWidths(text: string | null): Widths {
  try {
    const stored = JSON.parse(text ?? "{}") as unknown;
    if (typeof stored !== "object" || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored)
        .filter(([, width]) => typeof width === "number" && Number.isFinite(width))
        .map(([id, width]) => [id, clampWidth(width as number)]),
    );
  } catch {
    return {};
  }
}

/** The widths with one of them changed; undefined = as wide as it is without being set. */
export function withWidth(widths: Widths, id: ColumnId, width: number | undefined): Widths {
  const next = { ...widths };
  if (width === undefined) delete next[id];
  else next[id] = clampWidth(width);
  return next;
}

/** The width after a key on the edge of a column; undefined where the key means nothing there. */
export function widthAfterKey(
  key: string,
  shift: boolean,
  width: number,
): { width: number | undefined } | undefined {
  const step = shift ? 40 : 8;
  if (key === "ArrowLeft") return { width: clampWidth(width - step) };
  if (key === "ArrowRight") return { width: clampWidth(width + step) };
  if (key === "Home") return { width: MIN_WIDTH };
  if (key === "End") return { width: MAX_WIDTH };
  // As wide as it is by itself.
  if (key === "Enter" || key === "Backspace" || key === "Delete") return { width: undefined };
  return undefined;
}

const storageKey = (experimentId: string) => `runledger.widths.${experimentId}`;

function load(experimentId: string): Widths {
  try {
    return readWidths(localStorage.getItem(storageKey(experimentId)));
  } catch {
    return {};
  }
}

export function useWidths(experimentId: string): [Widths, SetWidth] {
  const [widths, setWidths] = useState(() => load(experimentId));
  const saved = useRef(widths);
  useEffect(() => {
    if (saved.current === widths) return;
    // Dragging changes a width many times a second; the last one is what counts.
    const timer = setTimeout(() => {
      saved.current = widths;
      try {
        localStorage.setItem(storageKey(experimentId), JSON.stringify(widths));
      } catch {
        // Storage may be refused; the widths then last as long as the page.
      }
    }, 200);
    return () => clearTimeout(timer);
  }, [experimentId, widths]);
  const change = useCallback(
    (id: ColumnId, width: number | undefined) => setWidths((now) => withWidth(now, id, width)),
    [],
  );
  return [widths, change];
}
