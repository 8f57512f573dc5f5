// The width of an element, followed as it changes.
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";

export function useWidth(ref: RefObject<Element | null>): number {
  const [width, setWidth] = useState(800);
  // Before the first paint, so that nothing is drawn wider than there is room for.
  useLayoutEffect(() => {
    const first = ref.current?.clientWidth ?? 0;
    if (first > 0) setWidth(first);
  }, [ref]);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      const next = Math.round(entry?.contentRect.width ?? 0);
      if (next > 0) setWidth(next);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
