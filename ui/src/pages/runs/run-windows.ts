// The rows of the runs table: windows of 100 rows at one snapshot, fetched as they scroll into
// view, forgotten when there are too many. A new question keeps the old rows, marked as old, until
// the first new window is there. This is a store outside React, so that it can be tested.
import { ApiError } from "../../api/client";
import type { RunRow, RunsAnswer, RunsQuery, ViewType } from "../../api/contract";
import type { RowStore } from "./row-store";

export const WINDOW = 100;
const KEEP_WINDOWS = 80;
/** Rows that are fetched before they come into view, on the side to which one scrolls. */
const AHEAD = 60;

export interface Question {
  experimentId: string;
  filter: string;
  orderBy: string[];
  view: ViewType;
  columns: string[];
  /** The table as it was then. */
  at?: number | undefined;
}

export interface LoadedRow {
  row: RunRow;
  /** The value of a column; undefined when it was not part of the window's question. */
  value: (column: string) => RunRow["values"][number] | undefined;
}

export interface Loaded {
  /** Names this list of runs to the server. */
  snapshot: string;
  matched: number;
  total: number;
  ms: number;
  position: number;
  lagEvents: number;
}

export interface RunTableState {
  loaded: Loaded | undefined;
  /** True while the rows on screen answer an older question. */
  old: boolean;
  error: unknown;
  /** Goes up with every change of any row. */
  version: number;
}

export type Fetch = (query: RunsQuery, signal: AbortSignal) => Promise<RunsAnswer>;

interface Window {
  rows: LoadedRow[];
  stale: boolean;
}

/** The rows of an answer to a question with these columns. */
export function loadedRows(answer: RunsAnswer, columns: string[]): LoadedRow[] {
  const places = new Map(columns.map((column, place) => [column, place]));
  return answer.rows.map((row) => ({
    row,
    value: (column) => {
      const place = places.get(column);
      return place === undefined ? undefined : row.values[place];
    },
  }));
}

export class RunWindows implements RowStore {
  private question: Question | undefined;
  private snapshot: string | undefined;
  private windows = new Map<number, Window>();
  private readonly pending = new Map<number, AbortController>();
  private asking: AbortController | undefined;
  private range: [first: number, last: number] = [0, 0];
  /** The range with what one is about to see. */
  private wanted: [first: number, last: number] = [0, 0];
  private state: RunTableState = {
    loaded: undefined,
    old: false,
    error: undefined,
    version: 0,
  };
  private readonly watchers = new Set<() => void>();

  constructor(private readonly fetchRuns: Fetch) {}

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): RunTableState => this.state;

  count = (): number => this.state.loaded?.matched ?? 0;

  groupAt = (): undefined => undefined;

  toggle = (): void => {};

  /** The row at a place, when it is loaded. The same object until its window is fetched again. */
  at(index: number): LoadedRow | undefined {
    return this.windows.get(Math.floor(index / WINDOW))?.rows[index % WINDOW];
  }

  /** Ids of the loaded rows, in order. */
  loadedIds(): string[] {
    return [...this.windows.keys()]
      .sort((a, b) => a - b)
      .flatMap((index) => this.windows.get(index)?.rows.map(({ row }) => row.run_id) ?? []);
  }

  /** What is asked now, for an export of the same rows. */
  exportQuery(): RunsQuery | undefined {
    return this.question && this.query(this.question, 0, this.snapshot);
  }

  /** Asks a question. Only other columns: the same rows stay, their values are fetched again. */
  ask(question: Question): void {
    const before = this.question;
    this.question = question;
    const key = (one: Question) =>
      JSON.stringify([one.experimentId, one.filter, one.orderBy, one.view, one.at]);
    const same = before !== undefined && key(before) === key(question);
    if (same && before.columns.join("\n") === question.columns.join("\n")) return;
    if (same && this.snapshot !== undefined) {
      for (const window of this.windows.values()) window.stale = true;
      this.stopPending();
      this.fill();
      return;
    }
    this.refresh();
  }

  /** The same question on a new snapshot. */
  refresh(): void {
    const { question } = this;
    if (!question) return;
    this.asking?.abort();
    this.stopPending();
    const abort = new AbortController();
    this.asking = abort;
    this.snapshot = undefined;
    this.set({ old: this.state.loaded !== undefined, error: undefined });
    const first = this.state.loaded ? Math.floor(this.range[0] / WINDOW) : 0;
    this.fetchRuns(this.query(question, first, undefined), abort.signal).then(
      (answer) => {
        if (this.asking !== abort) return;
        this.asking = undefined;
        this.snapshot = answer.snapshot;
        this.windows = new Map();
        this.keep(first, answer, question.columns);
        const { matched, total, ms, position } = answer;
        this.set({
          loaded: {
            snapshot: answer.snapshot,
            matched,
            total,
            ms,
            position,
            lagEvents: answer.lag_events,
          },
          old: false,
        });
        this.fill();
      },
      (error: unknown) => {
        if (this.asking !== abort) return;
        this.asking = undefined;
        this.set({ error });
      },
    );
  }

  /** Tells which rows are on screen; what is missing is fetched, what left is no longer awaited. */
  show(first: number, last: number): void {
    const moved = first - this.range[0];
    this.range = [first, last];
    // A jump leads anywhere; only who scrolls row by row will see the next ones.
    const ahead = Math.abs(moved) < WINDOW ? AHEAD : 0;
    this.wanted = [moved < 0 ? Math.max(0, first - ahead) : first, moved > 0 ? last + ahead : last];
    this.fill();
  }

  /** Marks the windows of these runs as out of date; those on screen are fetched again. */
  touch(runIds: ReadonlySet<string>): void {
    let any = false;
    for (const window of this.windows.values())
      if (window.rows.some(({ row }) => runIds.has(row.run_id))) {
        window.stale = true;
        any = true;
      }
    if (any) this.fill();
  }

  /** Ends what is under way; the next question is asked whatever it is. */
  stop(): void {
    this.asking?.abort();
    this.asking = undefined;
    this.question = undefined;
    this.stopPending();
  }

  private query(question: Question, window: number, snapshot: string | undefined): RunsQuery {
    return {
      experiment_ids: [question.experimentId],
      filter: question.filter,
      order_by: question.orderBy,
      view: question.view,
      columns: question.columns,
      offset: window * WINDOW,
      limit: WINDOW,
      ...(question.at === undefined ? {} : { at: question.at }),
      ...(snapshot === undefined ? {} : { snapshot }),
    };
  }

  private set(part: Partial<RunTableState>): void {
    this.state = { ...this.state, ...part, version: this.state.version + 1 };
    for (const watcher of this.watchers) watcher();
  }

  private stopPending(): void {
    for (const abort of this.pending.values()) abort.abort();
    this.pending.clear();
  }

  private keep(index: number, answer: RunsAnswer, columns: string[]): void {
    this.windows.delete(index);
    this.windows.set(index, { rows: loadedRows(answer, columns), stale: false });
    // The oldest come first in a Map; those on screen are never dropped.
    const [from, to] = this.wantedWindows();
    for (const old of this.windows.keys()) {
      if (this.windows.size <= KEEP_WINDOWS) break;
      if (old < from || old > to) this.windows.delete(old);
    }
  }

  private wantedWindows(): [number, number] {
    return [Math.floor(this.wanted[0] / WINDOW), Math.floor(this.wanted[1] / WINDOW)];
  }

  private fill(): void {
    const { question, snapshot } = this;
    const loaded = this.state.loaded;
    if (!question || !loaded || snapshot === undefined) return;
    const [from, to] = this.wantedWindows();
    for (const [index, abort] of this.pending)
      if (index < from - 1 || index > to + 1) {
        abort.abort();
        this.pending.delete(index);
      }
    for (let index = from; index <= to; index++) {
      const window = this.windows.get(index);
      if (index * WINDOW >= loaded.matched || this.pending.has(index)) continue;
      if (window && !window.stale) continue;
      this.load(index, question, snapshot);
    }
  }

  private load(index: number, question: Question, snapshot: string): void {
    const abort = new AbortController();
    this.pending.set(index, abort);
    const window = this.windows.get(index);
    // A change that comes while this is under way marks the window again.
    if (window) window.stale = false;
    this.fetchRuns(this.query(question, index, snapshot), abort.signal).then(
      (answer) => {
        if (this.pending.get(index) !== abort) return;
        this.pending.delete(index);
        const changedMeanwhile = this.windows.get(index)?.stale ?? false;
        this.keep(index, answer, question.columns);
        this.set({ error: undefined });
        if (changedMeanwhile) {
          const kept = this.windows.get(index);
          if (kept) kept.stale = true;
          this.fill();
        }
      },
      (error: unknown) => {
        if (this.pending.get(index) !== abort) return;
        this.pending.delete(index);
        if (error instanceof ApiError && error.status === 410) this.refresh();
        else this.set({ error });
      },
    );
  }
}
