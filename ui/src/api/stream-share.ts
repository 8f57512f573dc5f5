// One stream for all tabs of a browser. The visible tab that holds a Web Lock reads it and tells
// the others over a BroadcastChannel; when it closes or is hidden, the browser gives the lock to
// the next. Every message says from which position it reaches to which, so a tab sees when it
// missed something and asks for that; nothing is lost at a hand-over. Where locks or channels are
// missing (plain HTTP has no locks) each tab reads its own stream.
import type { StreamChange } from "./contract";
import { mergeChanges } from "./merge-changes";
import { type Line, type LineLag, type LineSink, type LineState, SILENCE_MS } from "./stream-line";

export interface ShareSink {
  change: (change: StreamChange) => void;
  status: (status: {
    state?: LineState | "paused";
    position?: number | undefined;
    lagEvents?: number;
    lagMs?: number;
    heard?: number;
    build?: string;
  }) => void;
}

/** The part of the browser's LockManager that is needed. */
export interface Locks {
  request: (
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    held: () => Promise<void>,
  ) => Promise<unknown>;
}

/** The part of a BroadcastChannel that is needed. */
export interface Channel {
  postMessage: (message: unknown) => void;
  onmessage: ((event: MessageEvent) => void) | null;
}

interface ChangeMessage {
  type: "change";
  /** Everything after this position and up to that of the change is in the message. */
  after: number | undefined;
  change: StreamChange;
}

type Message =
  | ChangeMessage
  | ({ type: "lag" } & LineLag)
  | { type: "state"; state: LineState; lagEvents: number; lagMs: number }
  | { type: "forgotten" }
  /** From a tab without the lock: tell me what came after `since`, and how the line is. */
  | { type: "want"; since: number | undefined }
  | { type: "retry" };

/** So many messages are kept for tabs that come back; for older ones the line is opened again. */
const HISTORY = 300;
/** A tab that holds the lock answers at once; one that does not in this time hangs. */
const ANSWER_MS = 3000;

export class StreamShare {
  private readonly line: Line;
  private shown = false;
  /** This tab reads the line. */
  private leads = false;
  /** Up to where this tab knows everything. */
  private position: number | undefined;
  /** The end of the log as far as it was told. */
  private logPosition: number | undefined;
  /** Up to where the line has come, and from where on `history` holds what it told. */
  private linePosition: number | undefined;
  private base: number | undefined;
  private history: ChangeMessage[] = [];
  private lineState: LineState = "connecting";
  private lagEvents = 0;
  private lagMs = 0;
  private claim: AbortController | undefined;
  private release: (() => void) | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly sink: ShareSink,
    makeLine: (sink: LineSink) => Line,
    private readonly locks: Locks | undefined,
    private readonly channel: Channel | undefined,
  ) {
    this.line = makeLine({
      change: (change) => this.changed(change),
      lag: (lag) => this.lagged(lag),
      state: (state) => this.lineIs(state),
      forgotten: () => this.forget(true),
    });
    if (channel) channel.onmessage = (event) => this.receive(event.data as Message);
  }

  /** The position of the first data that the tab has shown: changes are wanted from there. */
  note(position: number): void {
    if (this.position !== undefined) return;
    this.position = position;
    this.logPosition = Math.max(this.logPosition ?? 0, position);
    this.sink.status({ position: this.logPosition });
  }

  /** The tab is visible: take part. */
  show(): void {
    if (this.shown) return;
    this.shown = true;
    this.sink.status({ state: "connecting" });
    if (!this.locks || !this.channel) {
      this.lead();
      return;
    }
    this.queue(false);
    this.ask();
    this.watch(SILENCE_MS);
  }

  /** The tab is hidden: another may read, and nothing is asked for here. */
  hide(): void {
    if (!this.shown) return;
    this.shown = false;
    this.leave();
    this.sink.status({ state: "paused" });
  }

  /** Tries to reach the server now. */
  retry(): void {
    if (!this.shown) return;
    if (this.leads) this.line.open(this.linePosition);
    else this.post({ type: "retry" });
  }

  private post(message: Message): void {
    this.channel?.postMessage(message);
  }

  private ask(): void {
    this.post({ type: "want", since: this.position });
  }

  private queue(steal: boolean): void {
    if (!this.locks) return;
    this.claim?.abort();
    const claim = new AbortController();
    this.claim = claim;
    const held = () =>
      new Promise<void>((release) => {
        if (claim.signal.aborted) release();
        else {
          this.release = release;
          this.lead();
        }
      });
    this.locks
      // A lock can be stolen or waited for with a signal, not both.
      .request(this.name, steal ? { steal } : { signal: claim.signal }, held)
      .catch((error: unknown) => {
        if (this.claim !== claim || claim.signal.aborted) return;
        if ((error as { name?: string })?.name === "AbortError") {
          // Taken by a tab that thought this one hangs: stand in line again.
          this.stopLeading();
          this.queue(false);
          this.watch(SILENCE_MS);
        } else this.lead();
      });
  }

  private leave(): void {
    clearTimeout(this.watchdog);
    this.claim?.abort();
    this.claim = undefined;
    this.stopLeading();
    this.release?.();
    this.release = undefined;
  }

  private lead(): void {
    clearTimeout(this.watchdog);
    this.leads = true;
    this.openLine(this.position);
  }

  private stopLeading(): void {
    this.leads = false;
    this.history = [];
    this.line.close();
  }

  private openLine(since: number | undefined): void {
    this.base = since;
    this.linePosition = since;
    this.history = [];
    this.line.open(since);
  }

  /** The line told a change: keep it, pass it on, take it. */
  private changed(change: StreamChange): void {
    if (!this.leads) return;
    const message: ChangeMessage = { type: "change", after: this.linePosition, change };
    this.linePosition = change.position;
    if (this.base === undefined) this.base = change.position;
    else this.history.push(message);
    if (this.history.length > HISTORY) this.base = this.history.shift()?.change.position;
    this.post(message);
    this.take(message);
  }

  private lagged(lag: LineLag): void {
    if (!this.leads) return;
    this.lagEvents = lag.lagEvents;
    this.lagMs = lag.lagMs;
    if (this.linePosition === undefined) {
      this.linePosition = lag.position;
      this.base = lag.position;
    }
    this.post({ type: "lag", ...lag });
    this.takeLag(lag);
  }

  private lineIs(state: LineState): void {
    if (!this.leads) return;
    this.lineState = state;
    this.post(this.stateMessage());
    this.sink.status({ state, ...(state === "live" ? { heard: Date.now() } : {}) });
  }

  private stateMessage(): Message {
    const { lineState: state, lagEvents, lagMs } = this;
    return { type: "state", state, lagEvents, lagMs };
  }

  private forget(tell: boolean): void {
    if (tell && !this.leads) return;
    this.position = undefined;
    this.logPosition = undefined;
    this.linePosition = undefined;
    this.base = undefined;
    this.history = [];
    this.sink.status({ position: undefined });
    if (tell) this.post({ type: "forgotten" });
  }

  private receive(message: Message): void {
    if (!this.shown) return;
    if (message.type === "want" || message.type === "retry") {
      if (!this.leads) return;
      if (message.type === "retry") this.retry();
      else {
        this.post(this.stateMessage());
        if (message.since !== undefined) this.serve(message.since);
      }
      return;
    }
    // Only the tab that reads sends the rest; a late message of the one before is in no order.
    if (this.leads) return;
    this.watch(SILENCE_MS);
    if (message.type === "change") this.take(message);
    else if (message.type === "lag") this.takeLag(message);
    else if (message.type === "forgotten") this.forget(false);
    else {
      const { state, lagEvents, lagMs } = message;
      this.sink.status({
        state,
        lagEvents,
        lagMs,
        ...(state === "live" ? { heard: Date.now() } : {}),
      });
    }
  }

  /** Tells what came after `since`: from what is kept, else by opening the line there. */
  private serve(since: number): void {
    if (this.base === undefined || since < this.base) {
      this.openLine(since);
      return;
    }
    const missed = this.history.filter((one) => one.change.position > since);
    if (missed.length === 0) return;
    const change = mergeChanges(missed.map((one) => one.change));
    const message: ChangeMessage = { type: "change", after: since, change };
    this.post(message);
    this.take(message);
  }

  private take({ after, change }: ChangeMessage): void {
    const { position } = this;
    const isNew = position === undefined || change.position > position;
    if (position !== undefined && isNew && (after === undefined || after > position)) {
      // Something between was missed.
      if (this.leads) this.serve(position);
      else this.ask();
      return;
    }
    this.heard(change.position);
    if (!isNew) return;
    this.position = change.position;
    this.sink.change(change);
  }

  private takeLag({ position, lagEvents, lagMs, build }: LineLag): void {
    this.sink.status({ lagMs, build });
    // Before any data was shown nothing can have been missed.
    this.position ??= position;
    this.heard(position, lagEvents);
  }

  private heard(position: number, lagEvents?: number): void {
    this.lineState = "live";
    this.logPosition = Math.max(this.logPosition ?? 0, position);
    this.sink.status({
      state: "live",
      heard: Date.now(),
      position: this.logPosition,
      ...(lagEvents === undefined ? {} : { lagEvents }),
    });
  }

  /** Without a word from the reading tab: ask it; without an answer: take the lock from it. */
  private watch(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.sink.status({ state: "connecting" });
      this.ask();
      this.watchdog = setTimeout(() => this.queue(true), ANSWER_MS);
    }, ms);
  }
}
