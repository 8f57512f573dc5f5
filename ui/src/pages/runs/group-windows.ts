// The rows of a table in groups: a line for each group and, below those that are open, their runs.
// Each open group has windows of its own, so that a group of any size scrolls. A store outside
// React, like the one without groups.
import type { GroupsAnswer, GroupsQuery, RunsQuery } from "../../api/contract";
import { type Group, groupFilter, makeGroup, sortGroups } from "./groups";
import type { GroupLine, RowStore } from "./row-store";
import {
  type Fetch,
  type LoadedRow,
  type Question,
  type RunTableState,
  RunWindows,
} from "./run-windows";
import type { ColumnId, Sort } from "./url-state";

export interface GroupQuestion extends Question {
  group: ColumnId[];
  /** Keys of the metrics whose spread is shown. */
  metrics: string[];
  sort: Sort;
}

type FetchGroups = (query: GroupsQuery, signal: AbortSignal) => Promise<GroupsAnswer>;

/** Groups count and average all their runs, so they are asked for anew only now and then. */
const TOUCH_MS = 3000;

interface Part {
  group: Group;
  /** Where its line is. */
  at: number;
  runs: RunWindows | undefined;
}

export class GroupWindows implements RowStore {
  private question: GroupQuestion | undefined;
  private groups: Group[] = [];
  private readonly open = new Map<string, { windows: RunWindows; stop: () => void }>();
  private parts: Part[] = [];
  private rows = 0;
  private asking: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private range: [first: number, last: number] = [0, 0];
  private state: RunTableState = { loaded: undefined, old: false, error: undefined, version: 0 };
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly fetchRuns: Fetch,
    private readonly fetchGroups: FetchGroups,
  ) {}

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): RunTableState => this.state;

  count = (): number => this.rows;

  /** How many groups there are. */
  size = (): number => this.groups.length;

  at = (index: number): LoadedRow | undefined => {
    const part = this.partAt(index);
    return part && index > part.at ? part.runs?.at(index - part.at - 1) : undefined;
  };

  groupAt = (index: number): GroupLine | undefined => {
    const part = this.partAt(index);
    return part?.at === index ? { group: part.group, open: part.runs !== undefined } : undefined;
  };

  toggle = (index: number): void => {
    const part = this.partAt(index);
    if (part?.at !== index || !this.question) return;
    const opened = this.open.get(part.group.key);
    if (opened) {
      opened.stop();
      this.open.delete(part.group.key);
    } else this.openGroup(part.group, this.question);
    this.changed();
  };

  loadedIds = (): string[] => this.parts.flatMap((part) => part.runs?.loadedIds() ?? []);

  show = (first: number, last: number): void => {
    this.range = [first, last];
    for (const part of this.parts) {
      const from = Math.max(first, part.at + 1);
      const to = Math.min(last, part.at + this.length(part));
      if (part.runs && from <= to) part.runs.show(from - part.at - 1, to - part.at - 1);
    }
  };

  touch = (runIds: ReadonlySet<string>): void => {
    for (const { windows } of this.open.values()) windows.touch(runIds);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.fetch(true);
    }, TOUCH_MS);
  };

  exportQuery = (): RunsQuery | undefined => {
    const { question } = this;
    return (
      question && {
        experiment_ids: [question.experimentId],
        filter: question.filter,
        order_by: question.orderBy,
        view: question.view,
        columns: question.columns,
        offset: 0,
        limit: 100,
        ...(question.at === undefined ? {} : { at: question.at }),
      }
    );
  };

  ask(question: GroupQuestion): void {
    const before = this.question;
    if (before && JSON.stringify(before) === JSON.stringify(question)) return;
    this.question = question;
    const runs = (one: GroupQuestion) =>
      JSON.stringify([one.experimentId, one.filter, one.view, one.group, one.at]);
    if (!before || runs(before) !== runs(question)) {
      this.closeAll();
      this.fetch(false);
      return;
    }
    for (const [key, { windows }] of this.open) {
      const group = this.groups.find((one) => one.key === key);
      if (group) this.askRuns(windows, group, question);
    }
    if (before.metrics.join("\n") !== question.metrics.join("\n")) this.fetch(false);
    else {
      this.groups = sortGroups(this.groups, question.sort);
      this.changed();
    }
  }

  refresh = (): void => {
    for (const { windows } of this.open.values()) windows.refresh();
    this.fetch(false);
  };

  stop = (): void => {
    this.asking?.abort();
    this.asking = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.question = undefined;
    this.closeAll();
    this.groups = [];
    this.set({ loaded: undefined, old: false, error: undefined });
  };

  private openGroup(group: Group, question: GroupQuestion): void {
    const windows = new RunWindows(this.fetchRuns);
    const unwatch = windows.watch(() => this.changed(windows.current().error));
    const stop = () => {
      unwatch();
      windows.stop();
    };
    this.open.set(group.key, { windows, stop });
    this.askRuns(windows, group, question);
  }

  private askRuns(windows: RunWindows, group: Group, question: GroupQuestion): void {
    const filter = groupFilter(question.filter, group);
    if (filter !== undefined) windows.ask({ ...question, filter });
  }

  private closeAll(): void {
    for (const { stop } of this.open.values()) stop();
    this.open.clear();
  }

  /** `quiet`: known groups stay where they are, and only their numbers change. */
  private fetch(quiet: boolean): void {
    const { question } = this;
    if (!question) return;
    this.asking?.abort();
    const abort = new AbortController();
    this.asking = abort;
    if (!quiet) this.set({ old: this.state.loaded !== undefined, error: undefined });
    const query: GroupsQuery = {
      experiment_ids: [question.experimentId],
      filter: question.filter,
      view: question.view,
      group: question.group,
      metrics: question.metrics,
      ...(question.at === undefined ? {} : { at: question.at }),
    };
    this.fetchGroups(query, abort.signal).then(
      (answer) => {
        if (this.asking !== abort) return;
        this.asking = undefined;
        this.take(answer, question, quiet);
      },
      (error: unknown) => {
        if (this.asking !== abort) return;
        this.asking = undefined;
        this.set({ error });
      },
    );
  }

  private take(answer: GroupsAnswer, question: GroupQuestion, quiet: boolean): void {
    const made = answer.groups.map((one) => makeGroup(one, question.group, question.metrics));
    const found = new Map(sortGroups(made, question.sort).map((group) => [group.key, group]));
    if (quiet) {
      const known = this.groups.map(({ key }) => found.get(key)).filter((one) => one !== undefined);
      this.groups = [...new Set([...known, ...found.values()])];
    } else this.groups = [...found.values()];
    for (const [key, { stop }] of this.open)
      if (!found.has(key)) {
        stop();
        this.open.delete(key);
      }
    const { matched, total, ms, position, lag_events: lagEvents } = answer;
    this.set({ loaded: { snapshot: "", matched, total, ms, position, lagEvents }, old: false });
    this.changed();
  }

  /** The number of rows below the line of a group. */
  private length({ group, runs }: Part): number {
    return runs ? (runs.current().loaded?.matched ?? group.runs) : 0;
  }

  private partAt(index: number): Part | undefined {
    let [low, high] = [0, this.parts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.parts[middle]?.at ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return index < this.rows ? this.parts[low] : undefined;
  }

  /** Lays the rows out anew, and tells. */
  private changed(error: unknown = this.state.error): void {
    let at = 0;
    this.parts = this.groups.map((group) => {
      const part = { group, at, runs: this.open.get(group.key)?.windows };
      at += 1 + this.length(part);
      return part;
    });
    this.rows = at;
    this.set({ error });
    this.show(...this.range);
  }

  private set(part: Partial<RunTableState>): void {
    this.state = { ...this.state, ...part, version: this.state.version + 1 };
    for (const watcher of this.watchers) watcher();
  }
}
