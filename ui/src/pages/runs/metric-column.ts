// The columns of metrics: which of a metric's values they show, and which way is better. Pure.
//
// `metrics.<key>` is the last value; `:min`, `:max` and `:best` behind it are the least, the greatest
// and the better one of them. A metric whose key itself ends so is shown by its last value elsewhere.
import type { ColumnId, Goals } from "./url-state";

export type Aggregate = "last" | "min" | "max" | "best";

export interface MetricColumn {
  key: string;
  of: Aggregate;
}

/** What a column shows; undefined when it is no metric's. */
export function metricColumn(id: ColumnId): MetricColumn | undefined {
  const [, key, of] = /^metrics\.(.+?)(?::(min|max|best))?$/s.exec(id) ?? [];
  return key === undefined ? undefined : { key, of: (of as Aggregate | undefined) ?? "last" };
}

export function metricId(key: string, of: Aggregate): ColumnId {
  return of === "last" ? `metrics.${key}` : `metrics.${key}:${of}`;
}

/** The same metric's column with another of its values. */
export function withAggregate(id: ColumnId, of: Aggregate): ColumnId {
  const column = metricColumn(id);
  return column ? metricId(column.key, of) : id;
}

/** The column to ask the server for: the best is the least or the greatest, by the metric's goal. */
export function serverColumn(id: ColumnId, goals: Goals): string {
  const column = metricColumn(id);
  if (column?.of !== "best") return id;
  return metricId(column.key, goals[column.key] ?? "last");
}

/** How a value stands to that of the baseline; undefined where there is nothing to tell. */
export function delta(
  value: unknown,
  base: unknown,
  goal: "min" | "max" | undefined,
): { by: number; tone: "better" | "worse" | "same" } | undefined {
  if (typeof value !== "number" || typeof base !== "number") return undefined;
  const by = value - base;
  if (by === 0 || goal === undefined) return { by, tone: "same" };
  return { by, tone: by > 0 === (goal === "max") ? "better" : "worse" };
}
