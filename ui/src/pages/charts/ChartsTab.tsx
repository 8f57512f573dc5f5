// The charts of an experiment: its latest runs in one chart per chosen metric. Which metrics is part of the URL.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { fetchRuns, keys, useFields } from "../../api/queries";
import { useChanges } from "../../api/stream";
import { ChartGrid } from "../../charts/ChartGrid";
import { ChartToolbar } from "../../charts/ChartToolbar";
import { LineSample } from "../../charts/LineSample";
import { byName } from "../../charts/metrics";
import { assignStyles } from "../../charts/palette";
import { metricMatcher, useChartSettings } from "../../charts/settings";
import type { ChartRun } from "../../charts/useSeries";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import css from "./charts.module.css";
import { MetricChooser } from "./MetricChooser";

/** How many runs can be shown; from the 101st on they share one line. */
const COUNTS = [10, 50, 100, 200, 500];
/** Shown before anybody chose: the metrics that most runs have. */
const FIRST = 6;

export default function ChartsTab({ experimentId }: { experimentId: string }) {
  const fields = useFields(experimentId);
  const [settings, change] = useChartSettings();
  const [params, setParams] = useSearchParams();
  const wanted = Number(params.get("runs"));
  const count = COUNTS.includes(wanted) ? wanted : (COUNTS[0] ?? 10);
  const runs = useLatestRuns(experimentId, count);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());

  const chartRuns = useMemo<ChartRun[]>(() => {
    const rows = runs.data?.rows ?? [];
    const styles = assignStyles(rows.map((row) => row.run_id));
    return rows.map((row) => ({
      runId: row.run_id,
      name: row.name,
      start: row.start,
      style: styles.get(row.run_id) ?? { slot: 0, dash: 0 },
    }));
  }, [runs.data]);
  const visible = useMemo(
    () => chartRuns.filter((run) => !hidden.has(run.runId)),
    [chartRuns, hidden],
  );

  if (fields.error || runs.error)
    return (
      <ErrorBox
        what="The charts could not be loaded"
        error={fields.error ?? runs.error}
        retry={() => {
          void fields.refetch();
          void runs.refetch();
        }}
      />
    );
  if (!fields.data || !runs.data) return <Skeleton lines={8} />;
  const all = [...fields.data.metrics]
    .sort((a, b) => b.runs - a.runs || byName(a.key, b.key))
    .map((one) => one.key);
  if (all.length === 0)
    return (
      <EmptyState title="No metrics yet">
        Charts appear when a run of this experiment logs a metric.
      </EmptyState>
    );

  const chosen = params.getAll("metric").filter((key) => all.includes(key));
  const shown = (
    chosen.length > 0 ? chosen : all.filter((key) => !key.startsWith("system/")).slice(0, FIRST)
  ).filter(metricMatcher(settings.filter));
  function choose(next: readonly string[]) {
    setParams(
      (current) => {
        const changed = new URLSearchParams(current);
        changed.delete("metric");
        for (const key of next) changed.append("metric", key);
        return changed;
      },
      { replace: true },
    );
  }
  function setCount(next: string) {
    setParams(
      (current) => {
        const changed = new URLSearchParams(current);
        if (Number(next) === COUNTS[0]) changed.delete("runs");
        else changed.set("runs", next);
        return changed;
      },
      { replace: true },
    );
  }
  function toggle(runId: string) {
    const next = new Set(hidden);
    if (!next.delete(runId)) next.add(runId);
    setHidden(next);
  }

  return (
    <div className={css.tab}>
      <ChartToolbar settings={settings} metrics={all} onChange={change}>
        <MetricChooser all={all} chosen={shown} onChange={choose} />
        <label>
          Runs{" "}
          <select value={count} onChange={(event) => setCount(event.target.value)}>
            {COUNTS.map((one) => (
              <option key={one} value={one}>
                latest {one}
              </option>
            ))}
          </select>
        </label>
      </ChartToolbar>
      <ul className={css.legend} aria-label="Runs">
        {chartRuns.map((run) => (
          <li key={run.runId} className={hidden.has(run.runId) ? css.off : undefined}>
            <button
              type="button"
              aria-pressed={!hidden.has(run.runId)}
              aria-label={`Show ${run.name}`}
              onClick={() => toggle(run.runId)}
            >
              <LineSample style={run.style} />
            </button>
            <Link href={`/runs/${run.runId}`}>{run.name}</Link>
          </li>
        ))}
        <li className="muted">
          {runs.data.total > chartRuns.length
            ? `the latest ${chartRuns.length} of ${runs.data.total.toLocaleString("en-US")} runs`
            : null}
        </li>
      </ul>
      {shown.length === 0 ? (
        <EmptyState title="No metric matches the filter" />
      ) : visible.length === 0 ? (
        <EmptyState title="All runs are hidden">Choose one above.</EmptyState>
      ) : (
        <ChartGrid
          metrics={shown}
          runs={visible}
          settings={settings}
          onChange={change}
          syncKey={`experiment-${experimentId}`}
        />
      )}
    </div>
  );
}

function useLatestRuns(experimentId: string, count: number) {
  const query = useQuery({
    queryKey: [...keys.runs, "latest", experimentId, count],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: [experimentId],
          filter: "",
          order_by: ["attributes.start_time DESC"],
          view: "active",
          columns: [],
          offset: 0,
          limit: count,
        },
        signal,
      ),
    // The runs that are there stay until more have come; those of another experiment do not.
    placeholderData: (before, query) => (query?.queryKey[2] === experimentId ? before : undefined),
  });
  const { refetch } = query;
  useChanges((change) => {
    const touched = change.runs.some(
      (run) => run.experiment_id === experimentId && run.kind !== "metrics",
    );
    if (touched) void refetch();
  });
  return query;
}
