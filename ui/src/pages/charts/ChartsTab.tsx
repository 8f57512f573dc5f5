// The charts of an experiment: the first runs of its table, as that is filtered and sorted, in one chart per chosen metric. All of it
// is part of the URL.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { fetchRuns, keys, useFields } from "../../api/queries";
import { useChanges } from "../../api/stream";
import { ChartGrid } from "../../charts/ChartGrid";
import { ChartToolbar } from "../../charts/ChartToolbar";
import { LineSample } from "../../charts/LineSample";
import { byName } from "../../charts/metrics";
import { Moment } from "../../charts/moment";
import { assignStyles } from "../../charts/palette";
import { metricMatcher, useChartSettings } from "../../charts/settings";
import type { ChartRun } from "../../charts/useSeries";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import { PastLine } from "../runs/PastButton";
import { defaultSort, orderBy, readState, runPath, type TableState } from "../runs/url-state";
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
  const state = useMemo(() => readState(params), [params]);
  const { filter, at } = state;
  const runs = useFirstRuns(experimentId, count, state);
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
      <>
        <ErrorBox
          what="The charts could not be loaded"
          error={fields.error ?? runs.error}
          retry={() => {
            void fields.refetch();
            void runs.refetch();
          }}
        />
        {filter !== "" && <FilterNote filter={filter} onClear={() => without("q")} />}
      </>
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
  function without(name: "q" | "at") {
    setParams((current) => {
      const changed = new URLSearchParams(current);
      changed.delete(name);
      return changed;
    });
  }
  function toggle(runId: string) {
    const next = new Set(hidden);
    if (!next.delete(runId)) next.add(runId);
    setHidden(next);
  }

  return (
    <div className={css.tab}>
      {at !== undefined && (
        <PastLine at={at} position={runs.data.position} onBack={() => without("at")} />
      )}
      <ChartToolbar settings={settings} metrics={all} onChange={change}>
        <MetricChooser all={all} chosen={shown} onChange={choose} />
        <label>
          Runs{" "}
          <select value={count} onChange={(event) => setCount(event.target.value)}>
            {COUNTS.map((one) => (
              <option key={one} value={one}>
                {isLatest(state) ? `latest ${one}` : `first ${one}`}
              </option>
            ))}
          </select>
        </label>
      </ChartToolbar>
      {filter !== "" && <FilterNote filter={filter} onClear={() => without("q")} />}
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
            <Link href={runPath(run.runId, at)}>{run.name}</Link>
          </li>
        ))}
        <li className="muted">
          {runs.data.matched > chartRuns.length
            ? `the ${isLatest(state) ? "latest" : "first"} ${chartRuns.length} of ${formatCount(runs.data.matched)} runs`
            : null}
        </li>
      </ul>
      {shown.length === 0 ? (
        <EmptyState title="No metric matches the filter" />
      ) : chartRuns.length === 0 ? (
        <EmptyState title="No run matches the filter" />
      ) : visible.length === 0 ? (
        <EmptyState title="All runs are hidden">Choose one above.</EmptyState>
      ) : (
        <Moment value={at}>
          <ChartGrid
            metrics={shown}
            runs={visible}
            settings={settings}
            onChange={change}
            syncKey={`experiment-${experimentId}`}
          />
        </Moment>
      )}
    </div>
  );
}

/** Says which runs the table is filtered to; the charts show no others. */
function FilterNote({ filter, onClear }: { filter: string; onClear: () => void }) {
  return (
    <p className={css.filtered}>
      Runs where <code className="mono">{filter}</code>
      <Button size="small" onClick={onClear}>
        All runs
      </Button>
    </p>
  );
}

/** Whether the order of the table is by the start, the latest first. */
function isLatest({ sort }: TableState): boolean {
  return sort.column === defaultSort.column && sort.descending;
}

function useFirstRuns(experimentId: string, count: number, state: TableState) {
  const { filter, sort, goals, view, at } = state;
  const order = orderBy(sort, goals);
  const query = useQuery({
    queryKey: [...keys.runs, "first", experimentId, count, filter, order, view, at],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: [experimentId],
          filter,
          order_by: order,
          view,
          ...(at === undefined ? {} : { at }),
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
    // What was does not change.
    if (touched && at === undefined) void refetch();
  });
  return query;
}
