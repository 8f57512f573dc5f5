// One logged model: metrics, parameters, tags, files, and where it came from and went to.
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError, serverAddress } from "../../api/client";
import { type LoggedModel, loggedModels } from "../../api/models";
import { useExperiment } from "../../api/queries";
import { usePage } from "../../app/page";
import { Button, LinkButton } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Signal } from "../../parts/Status";
import { toast } from "../../parts/Toast";
import { versionRoute } from "./address";
import { loggedModelCode } from "./code";
import { DeleteDialog } from "./dialogs";
import { EditableTags } from "./EditableTags";
import { LoggedFacts } from "./LoggedFacts";
import { ownTags, registrations, statusLook } from "./logged";
import css from "./models.module.css";
import { Code, Section } from "./parts";
import { loggedModelQuery, modelKeys, useLoggedModel } from "./queries";
import { RunLink } from "./VersionAbout";

const ArtifactBrowser = lazy(() => import("./ArtifactBrowser"));

function Head({ model: { info } }: { model: LoggedModel }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const registered = registrations(info.tags ?? []);
  return (
    <div className={css.head}>
      <h1>{info.name}</h1>
      <span className="muted small mono">{info.model_id}</span>
      <Copy text={info.model_id} />
      <span className={css.headActions}>
        <Button kind="quiet" size="small" onClick={() => setDeleting(true)}>
          <Icon name="trash" size={14} /> Delete
        </Button>
      </span>
      {deleting && (
        <DeleteDialog
          title="Delete the logged model"
          typed={info.name}
          remove={async () => {
            await loggedModels.remove(info.model_id);
            // The page goes first, so that it does not ask for what is gone.
            go(`/experiments/${encodeURIComponent(info.experiment_id)}/models`);
            client.removeQueries({ queryKey: loggedModelQuery(info.model_id).queryKey });
            await client.invalidateQueries({ queryKey: modelKeys.loggedLists(info.experiment_id) });
            toast({ message: `Deleted “${info.name}”` });
          }}
          onClose={() => setDeleting(false)}
        >
          Its metrics and parameters go with it, and nothing here brings them back. Its run stays.
          {registered.length > 0 &&
            ` It is registered as ${registered.map((one) => `${one.name} version ${one.version}`).join(", ")}, which may then fail to load.`}
        </DeleteDialog>
      )}
    </div>
  );
}

function About({ model: { info } }: { model: LoggedModel }) {
  const look = statusLook(info.status);
  return (
    <Section title="About">
      <dl className={css.about}>
        <dt>Status</dt>
        <dd>
          <Signal tone={look.tone}>{look.word}</Signal> {info.status_message}
        </dd>
        <dt>Type</dt>
        <dd>{info.model_type || "—"}</dd>
        <dt>Source run</dt>
        <dd>{info.source_run_id ? <RunLink runId={info.source_run_id} /> : "—"}</dd>
        <dt>Created</dt>
        <dd>{formatDateTime(info.creation_timestamp_ms)}</dd>
        <dt>Updated</dt>
        <dd>{formatDateTime(info.last_updated_timestamp_ms)}</dd>
        {info.artifact_uri && (
          <>
            <dt>Artifacts</dt>
            <dd className="mono small">
              {info.artifact_uri} <Copy text={info.artifact_uri} />
            </dd>
          </>
        )}
      </dl>
    </Section>
  );
}

function Registrations({ model }: { model: LoggedModel }) {
  const list = registrations(model.info.tags ?? []);
  return (
    <Section title="Registered as" count={list.length}>
      {list.length === 0 ? (
        <p className="muted">No version of a registered model was made of it.</p>
      ) : (
        <ul className={css.rows}>
          {list.map((one) => (
            <li key={`${one.name}/${one.version}`}>
              <Link href={versionRoute(one.name, one.version)}>
                {one.name} version {one.version}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Body({ model }: { model: LoggedModel }) {
  const client = useQueryClient();
  const { info } = model;
  return (
    <div className={css.columns}>
      <div className={css.main}>
        <LoggedFacts model={model} />
        <Section title="Artifacts">
          <Suspense fallback={<Skeleton lines={4} />}>
            <ArtifactBrowser place={{ kind: "logged", modelId: info.model_id }} />
          </Suspense>
        </Section>
        <Section title="Use it">
          <Code text={loggedModelCode(serverAddress(), info.model_id, info.name)} />
        </Section>
      </div>
      <div className={css.aside}>
        <About model={model} />
        <Registrations model={model} />
        <EditableTags
          entries={ownTags(info.tags)}
          calls={{
            set: (key, value) => loggedModels.setTag(info.model_id, key, value),
            remove: (key) => loggedModels.deleteTag(info.model_id, key),
            refresh: () => client.invalidateQueries({ queryKey: modelKeys.logged }),
          }}
        />
      </div>
    </div>
  );
}

export default function LoggedModelPage({
  experimentId,
  modelId,
}: {
  experimentId: string;
  modelId: string;
}) {
  const query = useLoggedModel(modelId);
  const experiment = useExperiment(experimentId);
  const model = query.data;
  const base = `/experiments/${encodeURIComponent(experimentId)}`;
  usePage(model?.info.name ?? "Model", [
    { label: "Experiments", to: "/experiments" },
    { label: experiment.data?.name ?? experimentId, to: base },
    { label: "Models", to: `${base}/models` },
    { label: model?.info.name ?? modelId },
  ]);
  if (!model) {
    if (query.error instanceof ApiError && query.error.status === 404)
      return (
        <EmptyState
          page
          title="There is no such model"
          action={
            <LinkButton to={`/experiments/${encodeURIComponent(experimentId)}/models`}>
              Models of the experiment
            </LinkButton>
          }
        >
          No logged model has the id {modelId}.
        </EmptyState>
      );
    if (query.error)
      return (
        <ErrorBox
          what="The model could not be loaded"
          error={query.error}
          retry={() => void query.refetch()}
        />
      );
    return <Skeleton label="Loading the model" />;
  }
  return (
    <div className={css.page}>
      <Head model={model} />
      {query.error && (
        <ErrorBox
          what="The model could not be loaded again; this is what was known before"
          error={query.error}
          retry={() => void query.refetch()}
        />
      )}
      <Body model={model} />
    </div>
  );
}
