// The settings of a page of charts. They live in the URL, so that a link shows the same picture.

import { useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { overMetric, type XMode } from "./lines";

export interface ChartSettings {
  mode: XMode;
  /** 0 to 0.99. */
  smoothing: number;
  band: boolean;
  /** The cursors of all charts move together. */
  sync: boolean;
  filter: string;
  /** Metrics with a logarithmic y axis. */
  log: ReadonlySet<string>;
}

export function parseSettings(params: URLSearchParams): ChartSettings {
  const smoothing = Number(params.get("smooth"));
  return {
    mode: parseMode(params.get("x") ?? ""),
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0,
    band: params.get("band") !== "0",
    sync: params.get("sync") !== "0",
    filter: params.get("filter") ?? "",
    log: new Set(params.getAll("log")),
  };
}

function parseMode(x: string): XMode {
  if (x === "relative" || x === "wall") return x;
  const [, metric] = /^metric:(.+)$/s.exec(x) ?? [];
  return metric === undefined ? "step" : overMetric(metric);
}

/** The parameters with these settings; what is the default is left out. */
export function withSettings(params: URLSearchParams, settings: ChartSettings): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (key: string, value: string | null) =>
    value === null ? next.delete(key) : next.set(key, value);
  put("x", settings.mode === "step" ? null : settings.mode);
  put("smooth", settings.smoothing > 0 ? String(settings.smoothing) : null);
  put("band", settings.band ? null : "0");
  put("sync", settings.sync ? null : "0");
  put("filter", settings.filter === "" ? null : settings.filter);
  next.delete("log");
  for (const metric of settings.log) next.append("log", metric);
  return next;
}

const WRITE_MS = 200;

/** What was changed takes effect at once and is in the URL a moment later: browsers limit how often it may change. */
export function useChartSettings(): [ChartSettings, (change: Partial<ChartSettings>) => void] {
  const [params, setParams] = useSearchParams();
  const [ahead, setAhead] = useState<Partial<ChartSettings>>({});
  const settings = useMemo(() => ({ ...parseSettings(params), ...ahead }), [params, ahead]);
  const change = useCallback(
    (part: Partial<ChartSettings>) => setAhead((old) => ({ ...old, ...part })),
    [],
  );
  useEffect(() => {
    if (Object.keys(ahead).length === 0) return;
    const timer = setTimeout(() => {
      // Moving a slider is not a step that "back" should undo one by one.
      setParams((current) => withSettings(current, { ...parseSettings(current), ...ahead }), {
        replace: true,
      });
      setAhead({});
    }, WRITE_MS);
    return () => clearTimeout(timer);
  }, [ahead, setParams]);
  return [settings, change];
}

/** A filter is a regular expression; one that does not compile (it may be half typed) matches as plain text. */
export function metricMatcher(filter: string): (metric: string) => boolean {
  if (filter === "") return () => true;
  try {
    const expression = new RegExp(filter, "i");
    return (metric) => expression.test(metric);
  } catch {
    const plain = filter.toLowerCase();
    return (metric) => metric.toLowerCase().includes(plain);
  }
}
