// The connection to the server's event stream: read with fetch so that it can be resumed from a
// position, opened again when it ends or falls silent, slower after each failure.
import { url } from "./client";
import type { StreamChange, StreamLag } from "./contract";
import { EventStreamParser, type ServerEvent } from "./stream-parser";

export type LineState = "connecting" | "live" | "away";

export interface LineLag {
  /** Where the log stands. What changed up to there may still have to be told. */
  position: number;
  lagEvents: number;
  /** For how long the first of them has waited. */
  lagMs: number;
  /** Which build of the pages the server delivers. */
  build: string;
}

export interface LineSink {
  change: (change: StreamChange) => void;
  lag: (lag: LineLag) => void;
  state: (state: LineState) => void;
  /** The server does not know the position any more; the line goes on from now. */
  forgotten: () => void;
}

/** What shares a line needs of it. */
export interface Line {
  /** Opens, or opens again, so that everything after `since` is told. */
  open: (since: number | undefined) => void;
  close: () => void;
}

/** The server speaks every 5 s; three missed turns mean that the line is dead. */
export const SILENCE_MS = 16_000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15_000];

export class StreamLine implements Line {
  private position: number | undefined;
  private abort: AbortController | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;

  constructor(private readonly sink: LineSink) {}

  open(since: number | undefined): void {
    this.position = since;
    this.failures = 0;
    this.connect();
  }

  close(): void {
    this.abort?.abort();
    this.abort = undefined;
    clearTimeout(this.retryTimer);
  }

  private connect(): void {
    this.close();
    const abort = new AbortController();
    this.abort = abort;
    this.read(abort)
      .catch(() => undefined)
      .then(() => {
        if (this.abort !== abort) return;
        // The stream ended or failed while it was wanted: try again, slower each time.
        const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 15_000;
        this.failures += 1;
        this.sink.state(this.failures > 1 ? "away" : "connecting");
        this.retryTimer = setTimeout(() => this.connect(), wait * (0.8 + Math.random() * 0.4));
      });
  }

  private async read(abort: AbortController): Promise<void> {
    const path = this.position === undefined ? "stream" : `stream?since=${this.position}`;
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await fetch(url(`api/runledger/v1/${path}`), {
        headers: { accept: "text/event-stream" },
        signal: abort.signal,
        cache: "no-store",
      });
      if (!response.ok || !response.body) {
        // A position that the server no longer knows must not be asked for again.
        if (response.status === 400 || response.status === 410) {
          this.position = undefined;
          if (this.abort === abort) this.sink.forgotten();
        }
        throw new Error(`stream answered ${response.status}`);
      }
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parser = new EventStreamParser();
      if (this.abort === abort) this.sink.state("live");
      for (;;) {
        const { done, value } = await reader.read();
        // Opened again elsewhere meanwhile: what is still in the pipe is not in order with that.
        if (done || this.abort !== abort) return;
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        this.failures = 0;
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          this.take(event);
          // The sink may have opened the line at another position.
          if (this.abort !== abort) return;
        }
      }
    } finally {
      clearTimeout(silence);
    }
  }

  private take(event: ServerEvent): void {
    if (event.event === "change") {
      const change = JSON.parse(event.data) as StreamChange;
      this.position = change.position;
      this.sink.change(change);
    } else if (event.event === "lag") {
      const { position, lag_events, lag_ms, build } = JSON.parse(event.data) as StreamLag;
      // The server says how far the log is before it has told what is new: resuming from there
      // would lose that. Only a line from "now" takes its beginning from it.
      this.position ??= position;
      this.sink.lag({ position, lagEvents: lag_events, lagMs: lag_ms, build });
    }
  }
}
