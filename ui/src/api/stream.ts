// The live stream as the application sees it: where it stands, and changes merged to at most one
// call per 250 ms. A hidden tab is paused and catches up when it is shown again.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { basePath } from "./client";
import type { StreamChange } from "./contract";
import { mergeChanges } from "./merge-changes";
import { Pace } from "./pace";
import { type LineState, StreamLine } from "./stream-line";
import { StreamShare } from "./stream-share";
import { whenVisible } from "./visible";

export type StreamState = LineState | "paused";

export interface StreamStatus {
  state: StreamState;
  position: number | undefined;
  lagEvents: number;
  /** For how long the first of them has waited. */
  lagMs: number;
  /** When the server was last heard, epoch milliseconds. */
  heard: number | undefined;
  /** Which build of the pages the server delivers, once it has said so. */
  build: string | undefined;
}

/** The server names at most this many runs at once: with so many, any other may have changed too. */
export const MANY_RUNS = 500;

type Listener = (change: StreamChange) => void;

const MERGE_MS = 250;
/** Tabs of one application share; another version may say other things. */
const SHARE_NAME = `runledger-stream-2 ${basePath}`;

class LiveStream {
  private status: StreamStatus = {
    state: "connecting",
    position: undefined,
    lagEvents: 0,
    lagMs: 0,
    heard: undefined,
    build: undefined,
  };
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private waiting: StreamChange[] = [];
  private readonly pace = new Pace(MERGE_MS);
  private share: StreamShare | undefined;

  /** Begins, once. Later calls do nothing. */
  start(): void {
    if (this.share) return;
    const share = new StreamShare(
      SHARE_NAME,
      { change: (change) => this.take(change), status: (part) => this.set(part) },
      (sink) => new StreamLine(sink),
      navigator.locks,
      typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(SHARE_NAME),
    );
    this.share = share;
    if (this.status.position !== undefined) share.note(this.status.position);
    const visibility = () => {
      if (document.visibilityState === "hidden") share.hide();
      else share.show();
    };
    document.addEventListener("visibilitychange", visibility);
    if (document.visibilityState === "hidden") this.set({ state: "paused" });
    visibility();
  }

  /** Tells from where changes are wanted: the position of the first data that a page has shown. */
  note(position: number): void {
    if (this.share) this.share.note(position);
    else if (this.status.position === undefined) this.set({ position });
  }

  retryNow(): void {
    this.share?.retry();
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): StreamStatus => this.status;

  private set(part: Partial<StreamStatus>): void {
    this.status = { ...this.status, ...part };
    for (const watcher of this.watchers) watcher();
  }

  private take(change: StreamChange): void {
    this.waiting.push(change);
    // A hidden tab asks the server for nothing; what it was told last waits until it is shown.
    this.pace.run(() => whenVisible(() => this.flush()));
  }

  private flush(): void {
    if (this.waiting.length === 0) return;
    const change = mergeChanges(this.waiting);
    this.waiting = [];
    for (const listener of [...this.listeners]) listener(change);
  }
}

export const liveStream = new LiveStream();

/** Calls `listener` with every merged change while the component is mounted. */
export function useChanges(listener: Listener): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => liveStream.listen((change) => latest.current(change)), []);
}

/**
 * Calls `action` some time after a change that `concerns` the component, at most once per `ms`.
 * For what is dear to fetch and need not be right to the second, such as counts.
 */
export function useChangesSlowly(
  ms: number,
  concerns: (change: StreamChange) => boolean,
  action: () => void,
): void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  useChanges((change) => {
    if (timer.current !== undefined || !concerns(change)) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      whenVisible(() => latest.current());
    }, ms);
  });
}

export function useStreamStatus(): StreamStatus {
  return useSyncExternalStore(liveStream.watch, liveStream.current);
}
