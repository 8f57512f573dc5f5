// The lines of one chart from the server: all of x, and while one zooms the part that is shown, in finer buckets.

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useContext, useEffect, useMemo, useRef, useState } from "react";
import { usePace } from "../api/pace";
import { keys } from "../api/queries";
import { useChanges } from "../api/stream";
import { whenVisible } from "../api/visible";
import { loadSeries, type SeriesSpec } from "./batch";
import { type Line, makeLine, metricOf, toServerX, type XMode } from "./lines";
import { Moment } from "./moment";
import type { LineStyle } from "./palette";

export interface ChartRun {
  runId: string;
  name: string;
  /** Epoch milliseconds. */
  start: number;
  style: LineStyle;
}

/** Steps, so that charts of about the same width share one request. */
export function bucketsFor(width: number, runs: number): number {
  // A little less than one bucket per pixel: the band shows the extremes, and the line stays a line.
  const wanted = Math.min(width * 0.75, Math.max(100, 24_000 / Math.max(1, runs)));
  return [150, 300, 450, 600, 900, 1200].find((step) => step >= wanted) ?? 1500;
}

const ZOOM_WAIT_MS = 120;
const SLIDER_WAIT_MS = 80;

function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return later;
}

export interface ChartData {
  lines: readonly Line[];
  pending: boolean;
  /** New data for the shown range is on its way. */
  busy: boolean;
  error: unknown;
  retry: () => void;
}

const NONE: readonly Line[] = [];

export function useSeries(
  runs: readonly ChartRun[],
  metric: string,
  mode: XMode,
  zoom: [number, number] | null,
  width: number,
  enabled: boolean,
  smoothing: number,
): ChartData {
  const over = metricOf(mode);
  const x = over === undefined ? (mode === "step" ? "step" : "time") : { metric: over };
  const buckets = bucketsFor(width, runs.length);
  const ids = useMemo(() => runs.map((run) => run.runId), [runs]);
  const at = useContext(Moment);
  // The slider passes many values on its way.
  const smooth = useLater(smoothing, SLIDER_WAIT_MS);
  const whole: SeriesSpec = {
    runs: ids,
    metric,
    x,
    buckets,
    at,
    ...(smooth > 0 ? { smooth } : {}),
  };
  const later = useLater(zoom, ZOOM_WAIT_MS);
  const asked = zoom === null ? null : later;
  const part: SeriesSpec = { ...whole, ...(asked ? { ranges: rangesOf(runs, mode, asked) } : {}) };

  const full = useQuery({
    queryKey: [...keys.series, whole],
    queryFn: ({ signal }) => loadSeries(whole, signal),
    enabled: enabled && runs.length > 0,
    placeholderData: keepPreviousData,
  });
  const zoomed = useQuery({
    queryKey: [...keys.series, part],
    queryFn: ({ signal }) => loadSeries(part, signal),
    enabled: enabled && asked !== null,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });

  const fullLines = useLines(full.data, runs, mode);
  const zoomedLines = useLines(asked ? zoomed.data : undefined, runs, mode);
  const failed = zoomed.error && asked ? zoomed : full;
  return {
    lines: asked && zoomed.data ? zoomedLines : fullLines,
    pending: full.isPending,
    busy: asked !== null && zoomed.isFetching,
    error: failed.error,
    retry: () => void failed.refetch(),
  };
}

function useLines(
  series: Awaited<ReturnType<typeof loadSeries>> | undefined,
  runs: readonly ChartRun[],
  mode: XMode,
) {
  return useMemo(() => {
    if (!series) return NONE;
    const byRun = new Map(series.map((one) => [one.run_id, one]));
    return runs.flatMap((run) => {
      const raw = byRun.get(run.runId);
      if (!raw) return [];
      return [makeLine(raw, { id: run.runId, label: run.name, style: run.style }, mode, run.start)];
    });
  }, [series, runs, mode]);
}

/** A little more than what is shown, so that lines run to the edge of the frame. */
function rangesOf(runs: readonly ChartRun[], mode: XMode, [from, to]: [number, number]) {
  const room = (to - from) * 0.03;
  // Steps and times are whole numbers; a metric's values are not.
  const whole = metricOf(mode) === undefined;
  const ranges: Record<string, [number, number]> = {};
  for (const run of runs) {
    const [first, last] = [from - room, to + room].map((x) => toServerX(x, mode, run.start));
    ranges[run.runId] = whole
      ? [Math.floor(first ?? 0), Math.ceil(last ?? 0)]
      : [first ?? 0, last ?? 0];
  }
  return ranges;
}

const LIVE_MS = 1000;

/** What was does not change. */
const isOfNow = (spec: SeriesSpec) => spec.at === undefined;

/** Fetches series of these runs again when the stream says that they grew, at most every `waitMs`. */
export function useLiveSeries(runIds: readonly string[], waitMs = LIVE_MS): void {
  const client = useQueryClient();
  const dirty = useRef(new Set<string>());
  const pace = usePace(waitMs);
  useChanges((change) => {
    for (const run of change.runs) {
      if (run.kind === "metrics" && runIds.includes(run.run_id)) dirty.current.add(run.run_id);
    }
    if (dirty.current.size === 0) return;
    pace.run(() => {
      const changed = dirty.current;
      dirty.current = new Set();
      whenVisible(() => {
        void client.invalidateQueries({
          queryKey: keys.series,
          predicate: (query) =>
            isOfNow(query.queryKey[1] as SeriesSpec) &&
            (query.queryKey[1] as SeriesSpec).runs.some((run) => changed.has(run)),
        });
      });
    });
  });
}
