// The curves in the runs table: series of the rows on the screen, all in one call, kept until the
// runs grow. This is a store outside React, so that it can be tested.
import type { Series, SeriesAnswer, SeriesQuery } from "../../api/contract";

export const SPARK_BUCKETS = 40;
/** While one scrolls fast nothing is asked for. */
const SETTLE_MS = 80;
/** The curve of a run that logs is drawn again at most this often. */
const GROWN_MS = 2000;
/** The server takes at most this many runs and as many metrics in one call, and pairs of them. */
const LIMIT = 50;
const PAIRS = 500;
/** Curves kept beyond those on the screen. */
const KEEP = 4000;

type Fetch = (query: SeriesQuery, signal: AbortSignal) => Promise<SeriesAnswer>;

const keyOf = (runId: string, metric: string) => `${runId} ${metric}`;

export class Sparks {
  private readonly series = new Map<string, Series | null>();
  private readonly stale = new Set<string>();
  private runs: string[] = [];
  private metrics: string[] = [];
  private asking: { abort: AbortController; runs: string[] } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly fetch: Fetch,
    /** Calls the action when the tab is visible. */
    private readonly whenVisible: (action: () => void) => void,
  ) {}

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Undefined = not known yet, null = the run has no points of the metric. */
  get(runId: string, metric: string): Series | null | undefined {
    return this.series.get(keyOf(runId, metric));
  }

  /** Tells what is on the screen. */
  show(runs: string[], metrics: string[]): void {
    this.runs = runs;
    this.metrics = metrics;
    const { asking } = this;
    if (asking && !asking.runs.some((run) => runs.includes(run))) this.cancel();
    if (this.next()) this.later(SETTLE_MS);
  }

  /** These runs have new points; undefined = any may have. */
  grown(runIds: ReadonlySet<string> | undefined): void {
    for (const key of this.series.keys())
      if (runIds === undefined || runIds.has(key.slice(0, key.indexOf(" ")))) this.stale.add(key);
    if (this.next()) this.later(GROWN_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.runs = [];
    this.cancel();
  }

  private cancel(): void {
    this.asking?.abort.abort();
    this.asking = undefined;
  }

  private later(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.whenVisible(() => this.step());
    }, ms);
  }

  /** The call for what is on the screen and not known. */
  private next(): { runs: string[]; metrics: string[] } | undefined {
    const lacks = (run: string, metric: string) => {
      const key = keyOf(run, metric);
      return !this.series.has(key) || this.stale.has(key);
    };
    const runs = this.runs
      .filter((run) => this.metrics.some((metric) => lacks(run, metric)))
      .slice(0, LIMIT);
    if (runs.length === 0) return undefined;
    const metrics = this.metrics
      .filter((metric) => runs.some((run) => lacks(run, metric)))
      .slice(0, Math.min(LIMIT, Math.floor(PAIRS / runs.length)));
    return { runs, metrics };
  }

  private step(): void {
    const wanted = this.asking ? undefined : this.next();
    if (!wanted) return;
    const { runs, metrics } = wanted;
    const abort = new AbortController();
    this.asking = { abort, runs };
    const pairs = runs.flatMap((run) => metrics.map((metric) => keyOf(run, metric)));
    // Points that come while this is under way mark the curve again.
    for (const key of pairs) this.stale.delete(key);
    this.fetch({ runs, metrics, x: "step", buckets: SPARK_BUCKETS }, abort.signal).then(
      (answer) => {
        if (this.asking?.abort !== abort) return;
        this.asking = undefined;
        const found = new Map(answer.series.map((one) => [keyOf(one.run_id, one.metric), one]));
        for (const key of pairs) {
          this.series.delete(key);
          this.series.set(key, found.get(key) ?? null);
        }
        // The oldest come first in a Map.
        for (const key of this.series.keys()) {
          if (this.series.size <= KEEP) break;
          this.series.delete(key);
        }
        for (const watcher of this.watchers) watcher();
        this.step();
      },
      () => {
        if (this.asking?.abort !== abort) return;
        // An empty cell is no reason for an alarm; scrolling or new points ask again.
        this.asking = undefined;
      },
    );
  }
}
