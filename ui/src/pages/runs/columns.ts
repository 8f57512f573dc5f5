// The columns of the runs table: which there are, how wide, what stands in the head, which are
// shown when nothing was chosen. Pure.
import type { Fields } from "../../api/contract";
import { metricColumn, serverColumn } from "./metric-column";
import type { ColumnId, Goals } from "./url-state";
import { clampWidth, type Widths } from "./widths";

/** `spark`: the curve of a metric. */
export type ColumnKind = "built-in" | "metrics" | "params" | "tags" | "spark";

export interface Column {
  id: ColumnId;
  /** What the server is asked for. */
  source: string;
  kind: ColumnKind;
  label: string;
  width: number;
  /** Right-aligned, mono. */
  numeric: boolean;
  pinned: boolean;
}

const builtIns: Record<string, { label: string; width: number; numeric: boolean }> = {
  name: { label: "Run", width: 220, numeric: false },
  status: { label: "Status", width: 104, numeric: false },
  started: { label: "Started", width: 124, numeric: false },
  duration: { label: "Duration", width: 124, numeric: true },
  user: { label: "User", width: 104, numeric: false },
  id: { label: "Run ID", width: 280, numeric: false },
};

export function columnKind(id: ColumnId): ColumnKind {
  if (id in builtIns) return "built-in";
  return id.slice(0, id.indexOf(".")) as ColumnKind;
}

/** The head's words: the key itself; the kind is in its tooltip. */
export function columnLabel(id: ColumnId): string {
  const metric = metricColumn(id);
  if (metric) return metric.of === "last" ? metric.key : `${metric.of} ${metric.key}`;
  const key = id.slice(id.indexOf(".") + 1);
  return builtIns[id]?.label ?? (columnKind(id) === "spark" ? `${key} curve` : key);
}

export function columnTitle(id: ColumnId): string {
  const kinds = {
    "built-in": "",
    metrics: "Metric ",
    params: "Parameter ",
    tags: "Tag ",
    spark: "",
  };
  const kind = kinds[columnKind(id)];
  return `${kind}${columnLabel(id)}`;
}

const SPARK_WIDTH = 128;
/** The name of a group, and mean and range of its metrics, need room. */
const GROUP_NAME_WIDTH = 280;
const NARROW_GROUP_NAME_WIDTH = 200;
const SPREAD_WIDTH = 200;
const DELTA_WIDTH = 184;

/** Wide enough for the head, within bounds. */
function keyWidth(label: string): number {
  return Math.min(220, Math.max(104, 60 + label.length * 7));
}

/**
 * Name, status, started, duration, the first 3 metrics by use and 4 parameters: those in which runs differ before those that are the
 * same in all, and then by use.
 */
export function defaultColumns(fields: Fields | undefined): ColumnId[] {
  const most = (list: { key: string; runs: number; varies?: boolean }[], count: number) =>
    [...list]
      .sort(
        (a, b) =>
          Number(b.varies ?? false) - Number(a.varies ?? false) ||
          b.runs - a.runs ||
          a.key.localeCompare(b.key),
      )
      .slice(0, count)
      .map((field) => field.key);
  // System metrics are on nearly every run and say nothing about how good it is.
  const metrics = (fields?.metrics ?? []).filter((field) => !field.key.startsWith("system/"));
  return [
    "name",
    "status",
    "started",
    "duration",
    ...most(metrics, 3).map((key) => `metrics.${key}`),
    ...most(fields?.params ?? [], 4).map((key) => `params.${key}`),
  ];
}

export interface LayoutOptions {
  grouped?: boolean;
  compared?: boolean;
  goals?: Goals;
}

/** The columns in the order they are drawn: the name, the pinned ones, the rest. */
export function layout(
  ids: ColumnId[],
  pinned: ColumnId[],
  narrow: boolean,
  widths: Widths = {},
  /** Groups and differences to a baseline make cells longer. */
  { grouped = false, compared = false, goals = {} }: LayoutOptions = {},
): Column[] {
  const shown = ids.includes("name") ? ids : ["name", ...ids];
  const fixed = new Set(["name", ...(narrow ? [] : pinned)]);
  const order = ["name", ...shown.filter((id) => id !== "name" && fixed.has(id))];
  for (const id of narrow ? metricEarly(shown) : shown) if (!fixed.has(id)) order.push(id);
  const groupName = narrow ? NARROW_GROUP_NAME_WIDTH : GROUP_NAME_WIDTH;
  return order.map((id) => {
    const built = builtIns[id];
    const kind = columnKind(id);
    const label = columnLabel(id);
    const plain = built?.width ?? (kind === "spark" ? SPARK_WIDTH : Math.round(keyWidth(label)));
    const forGroups = kind === "metrics" ? SPREAD_WIDTH : id === "name" ? groupName : 0;
    const forDeltas = kind === "metrics" ? DELTA_WIDTH : 0;
    const own = Math.max(plain, grouped ? forGroups : 0, compared ? forDeltas : 0);
    const set = widths[id];
    const width = set === undefined ? own : clampWidth(set);
    const most = kind === "metrics" && !compared ? NARROW_METRIC : width;
    return {
      id,
      source: serverColumn(id, goals),
      kind,
      label,
      width: narrow && !grouped ? Math.min(width, NARROW[id] ?? most) : width,
      numeric: built?.numeric ?? kind === "metrics",
      pinned: fixed.has(id),
    };
  });
}

/** On a phone, with the box beside them, they leave room for a number. */
const NARROW: Record<ColumnId, number> = { name: 112, status: 88 };
const NARROW_METRIC = 100;

/** On a phone there is room for the name, the status and one number: times can wait. */
function metricEarly(ids: ColumnId[]): ColumnId[] {
  const metric = ids.find((id) => columnKind(id) === "metrics");
  if (metric === undefined) return ids;
  const first = ids.filter((id) => id === "name" || id === "status");
  return [...new Set([...first, metric, ...ids])];
}

/** The columns that the server must send values for. */
export function valueColumns(ids: ColumnId[], goals: Goals): string[] {
  const asked = ids.filter((id) => !["built-in", "spark"].includes(columnKind(id)));
  return [...new Set(asked.map((id) => serverColumn(id, goals)))];
}

/** Moves one column by one place among those shown. The name stays first. */
export function moved(ids: ColumnId[], id: ColumnId, by: -1 | 1): ColumnId[] {
  const from = ids.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= ids.length || id === "name" || ids[to] === "name") return ids;
  const next = [...ids];
  next.splice(from, 1);
  next.splice(to, 0, id);
  return next;
}
