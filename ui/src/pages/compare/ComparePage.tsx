// Runs side by side, of any experiments. Which runs, the baseline and the tab are in the URL; many runs as a short id.
import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useSearchParams } from "wouter";
import { apiGet } from "../../api/client";
import type { RunDetail } from "../../api/contract";
import { keys } from "../../api/queries";
import { usePage } from "../../app/page";
import { Moment } from "../../charts/moment";
import { assignStyles } from "../../charts/palette";
import { Copy } from "../../parts/Copy";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { useMoment } from "../run/moment";
import { PastBanner } from "../run/PastBanner";
import { MOST_COMPARED } from "./address";
import { CompareTable } from "./CompareTable";
import css from "./compare.module.css";
import { RunPicker } from "./RunPicker";
import type { ComparedRun } from "./run";
import { useCompared } from "./useCompared";
import { useLiveRuns } from "./useLiveRuns";

const LinesTab = lazy(() => import("./LinesTab"));
const ScatterTab = lazy(() => import("./ScatterTab"));
const ParallelTab = lazy(() => import("./ParallelTab"));
const BoxTab = lazy(() => import("./BoxTab"));
const ContourTab = lazy(() => import("./ContourTab"));
const ArtifactsTab = lazy(() => import("./ArtifactsTab"));

const TABS: [string, string][] = [
  ["table", "Table"],
  ["lines", "Lines"],
  ["parallel", "Parallel"],
  ["scatter", "Scatter"],
  ["box", "Box"],
  ["contour", "Contour"],
  ["artifacts", "Artifacts"],
];
const NONE: readonly string[] = [];

export default function ComparePage() {
  const [params] = useSearchParams();
  const compared = useCompared();
  const asked = compared.ids;
  const ids = useMemo(() => asked.slice(0, MOST_COMPARED), [asked]);
  const tab = params.get("tab") ?? "table";
  const title = `Compare ${ids.length} ${ids.length === 1 ? "run" : "runs"}`;
  usePage(title, [{ label: "Experiments", to: "/experiments" }, { label: title }]);
  const [at, setAt] = useMoment();
  // What was does not change.
  useLiveRuns(at === undefined ? ids : NONE);

  const queries = useQueries({
    queries: ids.map((id) => ({
      queryKey: at === undefined ? keys.run(id) : [...keys.run(id), at],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        apiGet<RunDetail>(`runs/${encodeURIComponent(id)}`, { at }, signal),
    })),
  });
  const styles = useMemo(() => assignStyles(ids), [ids]);
  const runs: ComparedRun[] = queries.flatMap(({ data }) => {
    const style = data && styles.get(data.run.run_id);
    return data && style ? [{ detail: data, style }] : [];
  });
  const failed = queries.find((query) => query.error && !query.data);
  const pending = queries.some((query) => query.isPending);

  const asOf = runs.find(({ detail }) => detail.as_of)?.detail.as_of;

  function route(name: string): string {
    const next = new URLSearchParams(params);
    if (name === "table") next.delete("tab");
    else next.set("tab", name);
    return `/compare?${next}`;
  }

  return (
    <div className={css.page}>
      {asOf && <PastBanner asOf={asOf} onBack={() => setAt(undefined)} />}
      <div className={css.head}>
        <h1>{title}</h1>
        <span className={css.headTools}>
          <RunPicker
            runs={runs}
            onAdd={(id) => compared.setIds([...ids, id])}
            disabled={ids.length >= MOST_COMPARED}
          />
          <Copy text={location.href} label="Share link" kind="normal" size="normal" />
        </span>
      </div>
      {asked.length > MOST_COMPARED && (
        <p className={css.notice} role="note">
          {asked.length} runs were asked for; the first {MOST_COMPARED} are shown.
        </p>
      )}
      <Tabs
        label="Comparison"
        tabs={TABS.map(([name, label]) => ({ to: route(name), label, current: name === tab }))}
      />
      {failed && (
        <ErrorBox
          what={`A run could not be loaded; ${runs.length} of ${ids.length} are shown`}
          error={failed.error}
          retry={() => void failed.refetch()}
        />
      )}
      {compared.pending ? (
        <Skeleton label="Loading the selection" />
      ) : compared.error ? (
        <ErrorBox
          what="The selection of runs could not be loaded"
          error={compared.error}
          retry={compared.retry}
        />
      ) : ids.length === 0 ? (
        <EmptyState title="Choose the runs to compare">
          Select runs in the table of an experiment and press Compare.
        </EmptyState>
      ) : pending ? (
        // Values are shown when all runs are there: a "best" among half of them would be wrong.
        <Skeleton lines={8} label="Loading the runs" />
      ) : (
        <Moment value={at}>
          <Suspense fallback={<Skeleton />}>
            {tab === "table" && (
              <CompareTable
                runs={runs}
                onRemove={(id) => compared.setIds(ids.filter((one) => one !== id))}
              />
            )}
            {tab === "lines" && <LinesTab runs={runs} />}
            {tab === "scatter" && <ScatterTab runs={runs} />}
            {tab === "parallel" && <ParallelTab runs={runs} />}
            {tab === "box" && <BoxTab runs={runs} />}
            {tab === "contour" && <ContourTab runs={runs} />}
            {tab === "artifacts" && <ArtifactsTab runs={runs} />}
            {!TABS.some(([name]) => name === tab) && <EmptyState title="There is no such tab" />}
          </Suspense>
        </Moment>
      )}
    </div>
  );
}
