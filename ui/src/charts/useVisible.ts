// Whether an element is on or near the screen, and how wide it is: charts elsewhere neither fetch nor draw.

import { type RefObject, useEffect, useState } from "react";

export function useVisible(ref: RefObject<Element | null>): { visible: boolean; width: number } {
  const [state, setState] = useState({ visible: false, width: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        setState({
          visible: entry.isIntersecting,
          width: Math.round(entry.boundingClientRect.width),
        });
      },
      { rootMargin: "160px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return state;
}
