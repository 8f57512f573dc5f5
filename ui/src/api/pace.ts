// Does something at once, and then at most once per so many milliseconds: whoever looks at one change sees it without delay, and
// many changes cost no more than a few.
import { useEffect, useRef } from "react";

export class Pace {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private free = Number.NEGATIVE_INFINITY;

  constructor(private readonly ms: number) {}

  /** Does it now or when the time has come. What is asked for until then is the same one time; the action is the first's. */
  run(action: () => void): void {
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        this.free = performance.now() + this.ms;
        action();
      },
      Math.max(0, this.free - performance.now()),
    );
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** A pace that ends with the component. */
export function usePace(ms: number): Pace {
  const pace = useRef<Pace | undefined>(undefined);
  pace.current ??= new Pace(ms);
  const { current } = pace;
  useEffect(() => () => current.stop(), [current]);
  return current;
}
