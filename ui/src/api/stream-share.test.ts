import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamChange } from "./contract";
import { type Line, type LineSink, SILENCE_MS } from "./stream-line";
import { type Channel, type Locks, StreamShare } from "./stream-share";

/** A server with a log: open lines are told of every event, or of all after `since` when opened. */
class Server {
  log = 0;
  opened: (number | undefined)[] = [];
  readonly lines = new Set<{ sink: LineSink; at: number }>();

  line(sink: LineSink): Line {
    let mine: { sink: LineSink; at: number } | undefined;
    const close = () => {
      if (mine) this.lines.delete(mine);
    };
    return {
      close,
      open: (since) => {
        close();
        this.opened.push(since);
        mine = { sink, at: since ?? this.log };
        this.lines.add(mine);
        const now = mine;
        queueMicrotask(() => {
          if (!this.lines.has(now)) return;
          sink.state("live");
          // As the real server: how far the log is comes before what is new.
          sink.lag({ position: this.log, lagEvents: 0, lagMs: 0, build: "1" });
          this.tell(now);
        });
      },
    };
  }

  private tell(line: { sink: LineSink; at: number }) {
    if (line.at >= this.log) return;
    const runs = [];
    for (let at = line.at + 1; at <= this.log; at++)
      runs.push({ run_id: `r${at}`, experiment_id: "1", kind: "updated" as const });
    line.at = this.log;
    line.sink.change({ position: this.log, experiments: ["1"], runs });
  }

  append(count = 1) {
    this.log += count;
    for (const line of [...this.lines]) this.tell(line);
  }
}

/** Web Locks of one browser: the holder, and those who wait. */
class FakeLocks implements Locks {
  private holder: { end: (error?: unknown) => void } | undefined;
  private readonly waiting: (() => void)[] = [];

  request(
    _name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const take = () => {
        if (options.signal?.aborted) {
          this.next();
          return;
        }
        const me = {
          end: (error?: unknown) => (error === undefined ? resolve(undefined) : reject(error)),
        };
        this.holder = me;
        void held().then(() => {
          if (this.holder !== me) return;
          me.end();
          this.next();
        });
      };
      options.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      if (options.steal) {
        this.holder?.end(new DOMException("", "AbortError"));
        take();
      } else if (this.holder) this.waiting.push(take);
      else take();
    });
  }

  private next() {
    this.holder = undefined;
    this.waiting.shift()?.();
  }
}

class FakeChannel implements Channel {
  onmessage: ((event: MessageEvent) => void) | null = null;
  deaf = false;
  constructor(private readonly all: FakeChannel[]) {
    all.push(this);
  }
  postMessage(message: unknown) {
    const data = structuredClone(message);
    for (const other of this.all)
      if (other !== this && !other.deaf)
        queueMicrotask(() => other.onmessage?.({ data } as MessageEvent));
  }
}

function browser() {
  const server = new Server();
  const locks = new FakeLocks();
  const channels: FakeChannel[] = [];
  const tab = (shared = true) => {
    const seen: string[] = [];
    const states: string[] = [];
    const builds: string[] = [];
    const channel = new FakeChannel(channels);
    const share = new StreamShare(
      "s",
      {
        change: (change: StreamChange) => {
          for (const run of change.runs) seen.push(run.run_id);
        },
        status: (part) => {
          if (part.state) states.push(part.state);
          if (part.build) builds.push(part.build);
        },
      },
      (sink) => server.line(sink),
      shared ? locks : undefined,
      shared ? channel : undefined,
    );
    return { share, seen, channel, state: () => states.at(-1), build: () => builds.at(-1) };
  };
  return { server, tab };
}

const settle = () => vi.advanceTimersByTimeAsync(1);
const runs = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `r${from + index}`);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("one stream for all tabs", () => {
  it("is read by one tab, which tells the others", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.show();
    b.share.show();
    await settle();
    server.append(2);
    await settle();
    expect(server.lines.size).toBe(1);
    expect(server.opened).toEqual([undefined]);
    expect([a.seen, b.seen]).toEqual([runs(1, 2), runs(1, 2)]);
    expect([a.state(), b.state()]).toEqual(["live", "live"]);
  });

  it("is taken over at the last position when the reading tab goes", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.show();
    b.share.show();
    await settle();
    server.append(3);
    await settle();
    a.share.hide();
    // Written while no tab reads.
    server.append(2);
    await settle();
    server.append();
    await settle();
    expect(server.opened).toEqual([undefined, 3]);
    expect(server.lines.size).toBe(1);
    expect(b.seen).toEqual(runs(1, 6));
    expect(a.seen).toEqual(runs(1, 3));
    expect(a.state()).toBe("paused");
  });

  it("gives a tab that comes back what it missed, from memory", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.show();
    b.share.show();
    await settle();
    server.append();
    await settle();
    b.share.hide();
    server.append(2);
    server.append();
    await settle();
    expect(b.seen).toEqual(runs(1, 1));
    b.share.show();
    await settle();
    expect(b.seen).toEqual(runs(1, 4));
    expect(a.seen).toEqual(runs(1, 4));
    expect(server.opened).toHaveLength(1);
  });

  it("is opened again further back for a tab that knows less than is kept", async () => {
    const { server, tab } = browser();
    server.log = 10;
    const a = tab();
    a.share.note(10);
    a.share.show();
    await settle();
    const b = tab();
    b.share.note(4);
    b.share.show();
    await settle();
    server.append();
    await settle();
    expect(server.opened).toEqual([10, 4]);
    expect(b.seen).toEqual(runs(5, 11));
    // The reading tab is told once only.
    expect(a.seen).toEqual(runs(11, 11));
  });

  it("asks again after a message that did not arrive", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.show();
    b.share.show();
    await settle();
    server.append();
    await settle();
    b.channel.deaf = true;
    server.append();
    await settle();
    b.channel.deaf = false;
    server.append();
    await settle();
    expect(b.seen).toEqual(runs(1, 3));
  });

  it("loses nothing over many hand-overs", async () => {
    const { server, tab } = browser();
    const tabs = [tab(), tab(), tab()];
    for (const one of tabs) one.share.show();
    await settle();
    for (let round = 0; round < 30; round++) {
      const one = tabs[round % 3] as (typeof tabs)[number];
      one.share.hide();
      server.append(1 + (round % 4));
      if (round % 2) await settle();
      server.append();
      one.share.show();
      if (round % 3) await settle();
    }
    await settle();
    server.append();
    await settle();
    for (const { seen } of tabs) expect([...new Set(seen)]).toEqual(runs(1, server.log));
    expect(server.lines.size).toBe(1);
  });

  it("is taken from a tab that holds the lock and says nothing", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.show();
    b.share.show();
    await settle();
    a.channel.postMessage = () => undefined;
    server.append();
    await vi.advanceTimersByTimeAsync(SILENCE_MS + 5000);
    expect(b.seen).toEqual(runs(1, 1));
    expect(server.lines.size).toBe(1);
    expect(b.state()).toBe("live");
  });

  it("forgets positions that the server does not know, in all tabs", async () => {
    const { server, tab } = browser();
    const [a, b] = [tab(), tab()];
    a.share.note(99);
    a.share.show();
    b.share.note(98);
    b.share.show();
    await settle();
    for (const line of server.lines) {
      line.at = server.log;
      line.sink.forgotten();
      line.sink.lag({ position: server.log, lagEvents: 0, lagMs: 0, build: "1" });
    }
    await settle();
    expect([a.build(), b.build()]).toEqual(["1", "1"]);
    server.append();
    await settle();
    expect([a.seen, b.seen]).toEqual([runs(1, 1), runs(1, 1)]);
  });
});

it("is one stream per tab where tabs cannot share", async () => {
  const { server, tab } = browser();
  const [a, b] = [tab(false), tab(false)];
  a.share.show();
  b.share.show();
  await settle();
  server.append();
  expect(server.lines.size).toBe(2);
  b.share.hide();
  expect(server.lines.size).toBe(1);
  server.append();
  b.share.show();
  await settle();
  expect([a.seen, b.seen]).toEqual([runs(1, 2), runs(1, 2)]);
});
