// The columns of metrics. Pure.
import type { ColumnId } from "./url-state";

/** The key of the metric that a column shows. */
export function metricOf(id: ColumnId): string {
  return id.slice("metrics.".length);
}
