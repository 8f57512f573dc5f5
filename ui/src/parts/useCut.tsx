// The first of very many: a page with thousands of rows is slow and read by nobody. A button shows more of them.
import { useState } from "react";
import { Button } from "./Button";
import { formatCount } from "./format";

/** `more` is nothing where all are shown. */
export function useCut<T>(
  items: readonly T[],
  step: number,
): { shown: readonly T[]; more: React.ReactNode } {
  const [count, setCount] = useState(step);
  const left = items.length - count;
  if (left <= 0) return { shown: items, more: null };
  return {
    shown: items.slice(0, count),
    more: (
      <Button size="small" onClick={() => setCount(count + step)}>
        Show {formatCount(Math.min(step, left))} more of {formatCount(left)}
      </Button>
    ),
  };
}
