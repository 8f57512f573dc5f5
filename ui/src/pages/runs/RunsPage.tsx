// The page of one experiment: its name and tags, what can be done to it, and the tabs Runs, Charts,
// Models, Notes and Activity.
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { ApiError } from "../../api/client";
import type { Experiment, StreamChange } from "../../api/contract";
import { keys, useExperiment } from "../../api/queries";
import { useChangesSlowly } from "../../api/stream";
import { usePage } from "../../app/page";
import { Button, LinkButton } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import { Copy } from "../../parts/Copy";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { visibleTags } from "../../parts/tags";
import { useExperimentActions } from "../experiments/actions";
import { NameDialog } from "../experiments/NameDialog";
import { PurgeExperiment } from "../experiments/PurgeExperiment";
import css from "./RunsPage.module.css";
import { RunsTab } from "./RunsTab";

const ChartsTab = lazy(() => import("../charts/ChartsTab"));
const NotesTab = lazy(() => import("./NotesTab"));
const LoggedModelsTab = lazy(() => import("../models/LoggedModelsTab"));
const ActivityTab = lazy(() => import("./ActivityTab"));

/** Counts change many times a second while runs log; once in a while is enough to look at. */
const COUNTS_MS = 1500;
/** The fields of a large experiment are dear to collect, and new ones are rare. */
const FIELDS_MS = 8000;

function useLiveExperiment(id: string) {
  const client = useQueryClient();
  const query = useExperiment(id);
  const concerns = (change: StreamChange) => change.experiments.includes(id);
  const empty = query.data?.runs === 0;
  useChangesSlowly(COUNTS_MS, concerns, () => {
    void client.invalidateQueries({ queryKey: keys.experiment(id) });
    // The first run brings the first columns: do not wait for those.
    if (empty) void client.invalidateQueries({ queryKey: keys.fields(id) });
  });
  useChangesSlowly(FIELDS_MS, concerns, () => {
    void client.invalidateQueries({ queryKey: keys.fields(id) });
  });
  return query;
}

function Head({ experiment }: { experiment: Experiment }) {
  const actions = useExperimentActions();
  const [, go] = useLocation();
  const [renaming, setRenaming] = useState(false);
  const [purging, setPurging] = useState(false);
  const deleted = experiment.lifecycle_stage === "deleted";
  return (
    <div className={css.head}>
      <h1>{experiment.name}</h1>
      <span className={css.tags}>
        <span className="muted small mono" title="Experiment ID">
          {experiment.experiment_id}
        </span>
        <Copy text={experiment.experiment_id} />
        {visibleTags(experiment)
          .slice(0, 6)
          .map(([key, value]) => (
            <Chip key={key} title={`${key}: ${value}`}>
              {key}: {value}
            </Chip>
          ))}
      </span>
      <span className={css.actions}>
        {!deleted && (
          <Button kind="quiet" size="small" onClick={() => setRenaming(true)}>
            <Icon name="pencil" size={14} /> Rename
          </Button>
        )}
        {!deleted && (
          <Button
            kind="quiet"
            size="small"
            onClick={() => void actions.setDeleted(experiment, true).then(() => go("/experiments"))}
          >
            <Icon name="trash" size={14} /> Delete
          </Button>
        )}
      </span>
      {deleted && (
        <div className={css.deleted} role="status">
          <span>This experiment is deleted. Its runs cannot be changed.</span>
          <Button size="small" onClick={() => void actions.setDeleted(experiment, false)}>
            <Icon name="restore" size={14} /> Restore
          </Button>
          <Button size="small" kind="danger" onClick={() => setPurging(true)}>
            Purge…
          </Button>
        </div>
      )}
      {purging && (
        <PurgeExperiment
          experiment={experiment}
          onPurged={() => go("/experiments?view=deleted")}
          onClose={() => setPurging(false)}
        />
      )}
      {renaming && (
        <NameDialog
          title="Rename experiment"
          action="Rename"
          initial={experiment.name}
          submit={(name) => actions.rename(experiment.experiment_id, name)}
          onClose={() => setRenaming(false)}
        />
      )}
    </div>
  );
}

export default function RunsPage({ experimentId, tab }: { experimentId: string; tab: string }) {
  const query = useLiveExperiment(experimentId);
  const [params] = useSearchParams();
  const experiment = query.data;
  usePage(experiment?.name ?? "Experiment", [
    { label: "Experiments", to: "/experiments" },
    { label: experiment?.name ?? experimentId },
  ]);
  if (query.error && !experiment)
    return query.error instanceof ApiError && query.error.status === 404 ? (
      <EmptyState
        page
        title="There is no such experiment"
        action={<LinkButton to="/experiments">All experiments</LinkButton>}
      >
        No experiment has the id {experimentId}.
      </EmptyState>
    ) : (
      <ErrorBox
        what="The experiment could not be loaded"
        error={query.error}
        retry={() => void query.refetch()}
      />
    );
  if (!experiment) return <Skeleton lines={12} />;

  const base = `/experiments/${encodeURIComponent(experimentId)}`;
  // The table and the charts show the same runs: what they are filtered to goes along.
  const kept = tab === "runs" || tab === "charts" ? String(params) : "";
  const search = kept === "" ? "" : `?${kept}`;
  return (
    <div className={css.page}>
      <Head experiment={experiment} />
      <Tabs
        label="Experiment"
        tabs={[
          {
            to: base + search,
            label: "Runs",
            count: experiment.runs,
            current: tab === "runs",
          },
          { to: `${base}/charts${search}`, label: "Charts", current: tab === "charts" },
          { to: `${base}/models`, label: "Models", current: tab === "models" },
          { to: `${base}/notes`, label: "Notes", current: tab === "notes" },
          { to: `${base}/activity`, label: "Activity", current: tab === "activity" },
        ]}
      />
      <Suspense fallback={<Skeleton />}>
        {tab === "charts" ? (
          <ChartsTab experimentId={experimentId} />
        ) : tab === "models" ? (
          <LoggedModelsTab experimentId={experimentId} name={experiment.name} />
        ) : tab === "notes" ? (
          <NotesTab experiment={experiment} />
        ) : tab === "activity" ? (
          <ActivityTab experiment={experiment} />
        ) : (
          <RunsTab experiment={experiment} />
        )}
      </Suspense>
    </div>
  );
}
