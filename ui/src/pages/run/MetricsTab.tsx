// The charts of a run: its metrics, or those of the machine it ran on.
import { useMemo } from "react";
import type { RunDetail } from "../../api/contract";
import { ChartGrid } from "../../charts/ChartGrid";
import { ChartToolbar } from "../../charts/ChartToolbar";
import { byName, isSystemMetric } from "../../charts/metrics";
import { assignStyles } from "../../charts/palette";
import { metricMatcher, useChartSettings } from "../../charts/settings";
import type { ChartRun } from "../../charts/useSeries";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import css from "./run.module.css";

export default function MetricsTab({ detail, system }: { detail: RunDetail; system: boolean }) {
  const [settings, change] = useChartSettings();
  const { run_id: runId, name, start, status } = detail.run;
  const runs = useMemo<ChartRun[]>(
    () => [{ runId, name, start, style: assignStyles([runId]).get(runId) ?? { slot: 0, dash: 0 } }],
    [runId, name, start],
  );
  // Metrics of the machine are logged at other steps, but an epoch is an axis for them too.
  const places = detail.metrics.map((metric) => metric.key);
  const all = detail.metrics
    .map((metric) => metric.key)
    .filter((key) => isSystemMetric(key) === system);
  const matches = metricMatcher(settings.filter);
  const shown = all.filter(matches).sort(byName);
  if (all.length === 0) {
    return (
      <EmptyState title={system ? "No metrics of the machine" : "No metrics yet"}>
        {system
          ? "The run did not log any. In Python: mlflow.enable_system_metrics_logging() before the run starts."
          : status === "RUNNING"
            ? "Charts appear here with the first point."
            : "The run ended without logging a metric."}
      </EmptyState>
    );
  }
  return (
    <div className={css.charts}>
      <ChartToolbar settings={settings} metrics={places} onChange={change}>
        {settings.filter !== "" && (
          <span className="muted small" role="status">
            {shown.length} of {all.length}
          </span>
        )}
      </ChartToolbar>
      {shown.length === 0 ? (
        <EmptyState
          title={`0 of ${all.length} metrics match`}
          action={<Button onClick={() => change({ filter: "" })}>Drop the filter</Button>}
        />
      ) : (
        <ChartGrid
          metrics={shown}
          runs={runs}
          settings={settings}
          onChange={change}
          syncKey={`run-${runId}`}
        />
      )}
    </div>
  );
}
