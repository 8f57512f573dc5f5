// The state of the runs table as it stands in the URL: filter, sort, columns, pins, view. Pure and
// lossless: reading what was written gives the same state, whatever characters the keys have.
import type { ViewType } from "../../api/contract";
import type { Density } from "../../app/theme";
import { clauses, withAlso } from "./clauses";
import { metricColumn, serverColumn } from "./metric-column";

/**
 * `name`, `status`, `started`, `duration`, `user`, `id`, or `metrics.…`, `params.…`, `tags.…`, or
 * `spark.…` for the curve of a metric.
 */
export type ColumnId = string;

export interface Sort {
  column: ColumnId;
  descending: boolean;
}

/** Whether less or more of a metric is better. */
export type Goal = "min" | "max";
export type Goals = Readonly<Record<string, Goal>>;

export interface TableState {
  filter: string;
  sort: Sort;
  /** Undefined: the default columns of the experiment. */
  columns: ColumnId[] | undefined;
  /** Columns besides the name that stay in place when the table scrolls sideways. */
  pinned: ColumnId[];
  /** Columns whose values the runs of a group have in common; none = no groups. */
  group: ColumnId[];
  /** By the key of the metric; those that nobody said are left out. */
  goals: Goals;
  /** Runs that stay on top. */
  top: string[];
  /** The run that the others are compared with. */
  base: string | undefined;
  /** Undefined: as this browser prefers. */
  density: Density | undefined;
  view: ViewType;
  /** A position of the log or milliseconds since the epoch: the table as it was then. Undefined: as it is. */
  at: number | undefined;
}

export const defaultSort: Sort = { column: "started", descending: true };

export const builtIn = ["name", "status", "started", "duration", "user", "id"] as const;

const densities: Density[] = ["compact", "normal", "cosy"];

const known = new Set<string>(builtIn);

/** The server takes so many. */
export const MOST_GROUP_COLUMNS = 4;

/** An id as the server makes them: it becomes part of a filter. */
const RUN_ID = /^[\w-]{1,256}$/;
/** More would leave no room for the others. */
export const MOST_PINNED = 8;

/** The runs on top with these among them, or without them where all of them are there. */
export function pinning(top: string[], ids: readonly string[]): string[] {
  if (ids.every((id) => top.includes(id))) return top.filter((id) => !ids.includes(id));
  return [...new Set([...top, ...ids])].slice(-MOST_PINNED);
}

export function canGroup(id: ColumnId): boolean {
  return id === "status" || id === "user" || /^(params|tags)\../.test(id);
}

export function isColumnId(id: string): boolean {
  return known.has(id) || /^(metrics|params|tags|spark)\../.test(id);
}

/** Commas separate columns, so a comma inside a key is written as `%2C` (and `%` as `%25`). */
function writeList(ids: ColumnId[]): string {
  return ids.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

function readWords(text: string): string[] {
  const words = text.split(",").map((id) => id.replaceAll("%2C", ",").replaceAll("%25", "%"));
  return [...new Set(words.filter((word) => word !== ""))];
}

function readList(text: string): ColumnId[] {
  return readWords(text).filter(isColumnId);
}

function readGoals(search: URLSearchParams): Goals {
  const goals: Record<string, Goal> = {};
  for (const key of readWords(search.get("low") ?? "")) goals[key] = "min";
  for (const key of readWords(search.get("high") ?? "")) goals[key] = "max";
  return goals;
}

function writeGoals(goals: Goals, goal: Goal): string {
  return writeList(Object.keys(goals).filter((key) => goals[key] === goal));
}

export function readState(search: URLSearchParams): TableState {
  const sortText = search.get("sort") ?? "";
  const sortColumn = sortText.replace(/^-/, "");
  const columns = search.get("cols");
  const view = search.get("view");
  const density = densities.find((one) => one === search.get("density"));
  return {
    filter: search.get("q") ?? "",
    sort: isSortable(sortColumn)
      ? { column: sortColumn, descending: sortText.startsWith("-") }
      : defaultSort,
    columns: columns === null ? undefined : readList(columns),
    pinned: readList(search.get("pin") ?? ""),
    group: readList(search.get("group") ?? "")
      .filter(canGroup)
      .slice(0, MOST_GROUP_COLUMNS),
    goals: readGoals(search),
    top: readWords(search.get("top") ?? "")
      .filter((id) => RUN_ID.test(id))
      .slice(0, MOST_PINNED),
    base: RUN_ID.exec(search.get("base") ?? "")?.[0],
    density,
    view: view === "deleted" || view === "all" ? view : "active",
    at: /^\d{1,15}$/.test(search.get("at") ?? "") ? Number(search.get("at")) : undefined,
  };
}

/** Writes the state over `search`; parameters of others are left alone, defaults are left out. */
export function writeState(state: TableState, search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  const set = (name: string, value: string) => {
    if (value === "") next.delete(name);
    else next.set(name, value);
  };
  const { column, descending } = state.sort;
  const isDefault = column === defaultSort.column && descending === defaultSort.descending;
  set("q", state.filter);
  set("sort", isDefault ? "" : `${descending ? "-" : ""}${column}`);
  if (state.columns === undefined) next.delete("cols");
  else next.set("cols", writeList(state.columns));
  set("pin", writeList(state.pinned));
  set("group", writeList(state.group));
  set("low", writeGoals(state.goals, "min"));
  set("high", writeGoals(state.goals, "max"));
  set("top", writeList(state.top));
  set("base", state.base ?? "");
  set("density", state.density ?? "");
  set("view", state.view === "active" ? "" : state.view);
  set("at", state.at === undefined ? "" : String(state.at));
  return next;
}

const attributes: Record<string, string> = {
  name: "attributes.run_name",
  status: "attributes.status",
  started: "attributes.start_time",
  duration: "attributes.duration",
  user: "attributes.user_id",
  id: "attributes.run_id",
};

/** A curve has no order. */
export function isSortable(id: ColumnId): boolean {
  return id in attributes || (isColumnId(id) && !known.has(id) && !id.startsWith("spark."));
}

/** Quotes a key as the filter grammar wants it: bare where possible. */
export function quoteKey(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return key;
  return key.includes("`") ? `"${key}"` : `\`${key}\``;
}

/** A column in the filter grammar, for example metrics.`val/acc`, or max(metrics.loss). */
export function grammarName(id: ColumnId): string {
  const attribute = attributes[id];
  if (attribute) return attribute;
  const metric = metricColumn(id);
  if (metric && metric.of !== "last") {
    const name = `metrics.${quoteKey(metric.key)}`;
    return metric.of === "best" ? name : `${metric.of}(${name})`;
  }
  const dot = id.indexOf(".");
  return `${id.slice(0, dot)}.${quoteKey(id.slice(dot + 1))}`;
}

export function orderBy(sort: Sort, goals: Goals): string[] {
  return [`${grammarName(serverColumn(sort.column, goals))} ${sort.descending ? "DESC" : "ASC"}`];
}

/** Where a run is shown, now or as it was. */
export function runPath(runId: string, at: number | undefined): string {
  return `/runs/${encodeURIComponent(runId)}${at === undefined ? "" : `?at=${at}`}`;
}

/** A value as the filter grammar writes it; undefined when it cannot be written. */
function literal(value: string): string | undefined {
  if (!value.includes("'")) return `'${value}'`;
  return value.includes('"') ? undefined : `"${value}"`;
}

/** Only these runs of those that the filter lets through. */
export function withIds(filter: string, ids: readonly string[]): string {
  return withAlso(filter, `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`);
}

/** The filter with "this column has this value" added; undefined when that cannot be said. */
export function withClause(
  filter: string,
  id: ColumnId,
  value: string | number,
): string | undefined {
  const right = typeof value === "number" ? String(value) : literal(value);
  if (right === undefined) return undefined;
  const clause = `${grammarName(id)} = ${right}`;
  return clauses(filter).some(({ text }) => text === clause) ? filter : withAlso(filter, clause);
}
