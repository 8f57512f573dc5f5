// One run: its header and tabs. The tab comes from the route; all tabs share one answer of the server about the run.
import { lazy, Suspense } from "react";
import { useLocation } from "wouter";
import { ApiError } from "../../api/client";
import { useRun } from "../../api/queries";
import { useKeys } from "../../app/keyboard";
import { usePage } from "../../app/page";
import { isSystemMetric } from "../../charts/metrics";
import { Moment } from "../../charts/moment";
import { Button, LinkButton } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { pathInAddress } from "./artifact-kind";
import { momentSuffix, useMoment } from "./moment";
import OverviewTab from "./OverviewTab";
import { PastBanner } from "./PastBanner";
import { RunHeader } from "./RunHeader";
import css from "./run.module.css";
import { useLiveRun } from "./useLiveRun";
import { useNeighbours } from "./useNeighbours";

const MetricsTab = lazy(() => import("./MetricsTab"));
const ArtifactsTab = lazy(() => import("./ArtifactsTab"));
const TimelineTab = lazy(() => import("./TimelineTab"));
const RawEventsTab = lazy(() => import("./RawEventsTab"));

/** In the order of the keys 1 to 6. */
const TABS = ["overview", "metrics", "system", "artifacts", "timeline", "events"];

function tabRoute(runId: string, tab: string): string {
  return tab === "overview" ? `/runs/${runId}` : `/runs/${runId}/${tab}`;
}

export interface RunPageProps {
  runId: string;
  tab: string;
  /** Of the artifact, on the tab Artifacts. */
  path: string;
}

export default function RunPage({ runId, tab, path }: RunPageProps) {
  const [at, setAt] = useMoment();
  const run = useRun(runId, at);
  useLiveRun(runId, at === undefined);
  const detail = run.data;
  const [, navigate] = useLocation();
  useKeys(
    Object.fromEntries(
      TABS.map((name, index) => [
        String(index + 1),
        () => navigate(tabRoute(runId, name) + momentSuffix(at)),
      ]),
    ),
  );
  const goTo = useNeighbours(detail?.run, (id) => tabRoute(id, tab));
  usePage(detail?.run.name ?? "Run", [
    { label: "Experiments", to: "/experiments" },
    ...(detail
      ? [{ label: detail.experiment.name, to: `/experiments/${detail.experiment.experiment_id}` }]
      : []),
    { label: detail?.run.name ?? runId.slice(0, 8) },
  ]);

  if (!detail) {
    if (run.error instanceof ApiError && run.error.status === 404 && at !== undefined)
      return (
        <EmptyState
          page
          title="There was no such run yet"
          action={<Button onClick={() => setAt(undefined)}>Back to live</Button>}
        >
          {run.error.message}
        </EmptyState>
      );
    if (run.error instanceof ApiError && run.error.status === 404)
      return (
        <EmptyState
          page
          title="There is no such run"
          action={<LinkButton to="/experiments">All experiments</LinkButton>}
        >
          No run has the id {runId}.
        </EmptyState>
      );
    if (run.error)
      return (
        <ErrorBox
          what="The run could not be loaded"
          error={run.error}
          retry={() => void run.refetch()}
        />
      );
    return <Skeleton label="Loading the run" />;
  }

  const system = detail.metrics.filter((metric) => isSystemMetric(metric.key)).length;
  const tabs: [string, string, number?][] = [
    ["overview", "Overview"],
    ["metrics", "Metrics", detail.metrics.length - system],
    ["system", "System", system],
    ["artifacts", "Artifacts"],
    ["timeline", "Timeline"],
    ["events", "Raw events"],
  ];
  return (
    <div className={css.page}>
      {detail.as_of && <PastBanner asOf={detail.as_of} onBack={() => setAt(undefined)} />}
      <RunHeader detail={detail} goTo={goTo} />
      <Tabs
        label="Run"
        tabs={tabs.map(([name, label, count]) => ({
          to: tabRoute(runId, name) + momentSuffix(at),
          label,
          count,
          current: name === tab,
        }))}
      />
      {run.error && (
        <ErrorBox
          what="The run could not be loaded again; this is what was known before"
          error={run.error}
          retry={() => void run.refetch()}
        />
      )}
      <Moment value={at}>
        <Suspense fallback={<Skeleton />}>
          {tab === "overview" && <OverviewTab detail={detail} />}
          {tab === "metrics" && <MetricsTab detail={detail} system={false} />}
          {tab === "system" && <MetricsTab detail={detail} system />}
          {tab === "artifacts" && (
            <ArtifactsTab
              runId={runId}
              path={pathInAddress(location.pathname, runId, path)}
              running={detail.run.status === "RUNNING"}
            />
          )}
          {tab === "timeline" && <TimelineTab runId={runId} asOf={detail.as_of} onMoment={setAt} />}
          {tab === "events" && <RawEventsTab runId={runId} />}
          {!tabs.some(([name]) => name === tab) && (
            <EmptyState title="There is no such tab">A run has no page “{tab}”.</EmptyState>
          )}
        </Suspense>
      </Moment>
    </div>
  );
}
