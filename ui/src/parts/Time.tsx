// Moments and durations. One clock for the whole page ticks every second while the tab is visible,
// so a thousand times on screen cost one timer.
import { useSyncExternalStore } from "react";
import { formatAgo, formatDateTime, formatDuration } from "./format";
import { zoneNote } from "./zone";

const watchers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick() {
  if (document.visibilityState === "hidden") return;
  now = Date.now();
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(tick, 1000);
  }
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Text made from the present time; renders again only when the text changes. */
export function useClockText(text: (now: number) => string): string {
  return useSyncExternalStore(watch, () => text(now));
}

/** How long ago, with the exact time on hover. */
export function Time({ at }: { at: number }) {
  const text = useClockText((present) => formatAgo(at, present));
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDateTime(at) + zoneNote()}>
      {text}
    </time>
  );
}

/** From start to end; while there is no end it counts on. */
export function Duration({ start, end }: { start: number; end: number | null }) {
  const text = useClockText((present) => formatDuration(Math.max(0, (end ?? present) - start)));
  return <span className="mono">{text}</span>;
}
