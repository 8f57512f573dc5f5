// One chart per metric over the compared runs.
import { useMemo } from "react";
import { ChartGrid } from "../../charts/ChartGrid";
import { ChartToolbar } from "../../charts/ChartToolbar";
import { byName } from "../../charts/metrics";
import { metricMatcher, useChartSettings } from "../../charts/settings";
import type { ChartRun } from "../../charts/useSeries";
import { EmptyState } from "../../parts/EmptyState";
import css from "./compare.module.css";
import { Legend } from "./Legend";
import type { ComparedRun } from "./run";

export default function LinesTab({ runs }: { runs: readonly ComparedRun[] }) {
  const [settings, change] = useChartSettings();
  const key = runs.map(({ detail }) => `${detail.run.run_id} ${detail.run.name}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` holds what of the runs is used here
  const chartRuns = useMemo<ChartRun[]>(
    () =>
      runs.map(({ detail, style }) => ({
        runId: detail.run.run_id,
        name: detail.run.name,
        start: detail.run.start,
        style,
      })),
    [key],
  );
  const counts = new Map<string, number>();
  for (const { detail } of runs)
    for (const metric of detail.metrics) counts.set(metric.key, (counts.get(metric.key) ?? 0) + 1);
  // Metrics that more of the runs have come first: they are what can be compared.
  const all = [...counts.keys()].sort(
    (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || byName(a, b),
  );
  const shown = all.filter(metricMatcher(settings.filter));
  if (all.length === 0) return <EmptyState title="These runs have no metrics" />;
  return (
    <div className={css.tab}>
      <ChartToolbar settings={settings} metrics={all} onChange={change} />
      <Legend runs={runs} />
      {shown.length === 0 ? (
        <EmptyState title="No metric matches the filter" />
      ) : (
        <ChartGrid
          metrics={shown}
          runs={chartRuns}
          settings={settings}
          onChange={change}
          syncKey="compare"
        />
      )}
    </div>
  );
}
