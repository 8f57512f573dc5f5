// Groups of runs: what they are called, how they are ordered, and the filter that finds their runs.
// Pure.
import type { RunGroup } from "../../api/contract";
import { toNumber } from "../../parts/format";
import { withAlso } from "./clauses";
import { columnLabel } from "./columns";
import { metricColumn } from "./metric-column";
import { type ColumnId, grammarName, type Sort, withClause } from "./url-state";

/** A group and what it is made by. */
export interface Group extends RunGroup {
  /** The same for the same values. */
  key: string;
  /** Name and value of each column. */
  label: string;
  /** By metric, in the order that was asked. */
  metricKeys: string[];
  columns: ColumnId[];
}

export function makeGroup(group: RunGroup, columns: ColumnId[], metricKeys: string[]): Group {
  const parts = columns.map((column, place) => {
    const value = group.values[place] ?? null;
    return `${columnLabel(column)}: ${value === null || value === "" ? "none" : value}`;
  });
  return {
    ...group,
    key: JSON.stringify(group.values),
    label: parts.join(" · "),
    metricKeys,
    columns,
  };
}

/** The spread of a metric over the group; undefined when it was not asked for. */
export function spreadOf(group: Group, metric: string) {
  const place = group.metricKeys.indexOf(metric);
  return place < 0 ? undefined : group.metrics[place];
}

/** The filter for the runs of a group; undefined when a value of it cannot be written. */
export function groupFilter(filter: string, group: Group): string | undefined {
  let wanted: string | undefined = filter;
  for (const [place, column] of group.columns.entries()) {
    if (wanted === undefined) return undefined;
    const value = group.values[place] ?? null;
    wanted =
      value === null
        ? withAlso(wanted, `${grammarName(column)} IS NULL`)
        : withClause(wanted, column, value);
  }
  return wanted;
}

/** The groups in the order that the table is sorted by, as far as it says something about groups. */
export function sortGroups(groups: Group[], sort: Sort): Group[] {
  const sign = sort.descending ? -1 : 1;
  const { column } = sort;
  const value = (group: Group): number | string | null => {
    const place = group.columns.indexOf(column);
    if (place >= 0) return group.values[place] ?? null;
    if (column === "started") return group.start;
    if (column === "name") return group.label;
    const metric = metricColumn(column);
    if (!metric) return null;
    const spread = spreadOf(group, metric.key);
    const best = sort.descending ? spread?.max : spread?.min;
    return best === null || best === undefined ? null : toNumber(best);
  };
  return groups
    .map((group) => ({ group, by: value(group) }))
    .sort((a, b) => {
      // What is missing comes last, whichever way the rest is sorted.
      if (a.by === null || b.by === null) return Number(a.by === null) - Number(b.by === null);
      if (typeof a.by === "number" && typeof b.by === "number") return sign * (a.by - b.by);
      return sign * String(a.by).localeCompare(String(b.by), "en", { numeric: true });
    })
    .map(({ group }) => group);
}
