// A cell with the curve of a metric, and the hook that tells the store which rows are on screen.
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { fetchSeries } from "../../api/queries";
import { MANY_RUNS, useChanges } from "../../api/stream";
import { whenVisible } from "../../api/visible";
import { Moment } from "../../charts/moment";
import { slotColour, slotOf } from "../../charts/palette";
import { sparkPath } from "../../charts/spark-path";
import { formatCount, formatNumber } from "../../parts/format";
import type { Column } from "./columns";
import css from "./RunGrid.module.css";
import type { RowStore } from "./row-store";
import { Sparks } from "./sparks";
import type { ColumnSlice } from "./useColumnSlice";

const HEIGHT = 20;
/** The cell's padding on both sides. */
const PADDING = 16;

export const SparkContext = createContext<Sparks | undefined>(undefined);

export const sparkMetric = (column: Column) => column.id.slice("spark.".length);

export function SparkCell({ runId, column }: { runId: string; column: Column }) {
  const sparks = useContext(SparkContext) as Sparks;
  const metric = sparkMetric(column);
  const series = useSyncExternalStore(sparks.watch, () => sparks.get(runId, metric));
  const width = column.width - PADDING;
  const shape = useMemo(() => series && sparkPath(series, width, HEIGHT), [series, width]);
  if (series === undefined) return <span className={css.missing} />;
  if (!series || !shape) return <span className="muted">—</span>;
  const last = series.last.at(-1) ?? Number.NaN;
  return (
    <svg
      className={css.spark}
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`${metric}: ${formatCount(series.points)} points, last ${formatNumber(last)}`}
      style={{ color: slotColour(slotOf(runId)) }}
    >
      <path d={shape.band} fill="currentColor" opacity="0.2" />
      <path d={shape.line} fill="none" stroke="currentColor" strokeWidth="1.4" />
    </svg>
  );
}

/** The store of curves, fed with the rows from `first` to `last` and the columns that are drawn. */
export function useSparks(
  windows: RowStore,
  version: number,
  first: number,
  last: number,
  columns: Column[],
  slice: ColumnSlice,
): Sparks {
  const moment = useContext(Moment);
  const sparks = useMemo(() => {
    const past = moment === undefined ? {} : { at: moment };
    return new Sparks((query, signal) => fetchSeries({ ...query, ...past }, signal), whenVisible);
  }, [moment]);
  const metrics = columns
    .filter((column, at) => column.kind === "spark" && (column.pinned || at >= slice.from))
    .filter((column) => column.pinned || columns.indexOf(column) < slice.to)
    .map(sparkMetric);
  const key = JSON.stringify(metrics);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows change with their version
  useEffect(() => {
    const shown = JSON.parse(key) as string[];
    const runs: string[] = [];
    if (shown.length > 0)
      for (let row = first; row <= last; row++) {
        const id = windows.at(row)?.row.run_id;
        if (id !== undefined) runs.push(id);
      }
    sparks.show(runs, shown);
  }, [sparks, windows, version, first, last, key]);
  useEffect(() => () => sparks.stop(), [sparks]);
  useChanges((change) => {
    const grown = change.runs.filter((run) => run.kind === "metrics").map((run) => run.run_id);
    if (grown.length > 0)
      sparks.grown(change.runs.length >= MANY_RUNS ? undefined : new Set(grown));
  });
  return sparks;
}
