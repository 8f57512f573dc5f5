// One version of a registered model or prompt.
import { lazy, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, serverAddress } from "../../api/client";
import { type ModelVersion, type RegisteredModel, versions } from "../../api/models";
import { usePage } from "../../app/page";
import { Button, LinkButton } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { toast } from "../../parts/Toast";
import { Aliases } from "./Aliases";
import { listRoute, modelRoute, promptsRoute } from "./address";
import { loadModelCode, loadPromptCode, modelUri, promptUri } from "./code";
import { Description } from "./Description";
import { DeleteDialog } from "./dialogs";
import { EditableTags } from "./EditableTags";
import { LoggedFacts } from "./LoggedFacts";
import { ownTags } from "./logged";
import { isPrompt } from "./ModelPage";
import css from "./models.module.css";
import { PromptText } from "./PromptText";
import { AliasChip, Code, Section } from "./parts";
import { promptOf, variablesOf } from "./prompt";
import { useForget, useLoggedModel, useModel, useRegistryRefresh, useVersion } from "./queries";
import { useFilePlace } from "./useFilePlace";
import { VersionAbout } from "./VersionAbout";

const ArtifactBrowser = lazy(() => import("./ArtifactBrowser"));

function Head({ version, model }: { version: ModelVersion; model: RegisteredModel }) {
  const forget = useForget();
  const [, go] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const { name } = version;
  const aliases = version.aliases ?? [];
  return (
    <div className={css.head}>
      <h1>
        {model.name} <span className="muted">Version {version.version}</span>
      </h1>
      <span className={css.chips}>
        {aliases.map((alias) => (
          <AliasChip key={alias} alias={alias} />
        ))}
      </span>
      <span className={css.headActions}>
        <Button kind="quiet" size="small" onClick={() => setDeleting(true)}>
          <Icon name="trash" size={14} /> Delete
        </Button>
      </span>
      {deleting && (
        <DeleteDialog
          title={`Delete version ${version.version}`}
          typed={version.version}
          remove={async () => {
            await versions.remove(name, version.version);
            go(modelRoute(name));
            await forget(name, version.version);
            toast({ message: `Deleted version ${version.version} of “${name}”` });
          }}
          onClose={() => setDeleting(false)}
        >
          Its number is not given again
          {aliases.length > 0 && `, and its aliases go with it: ${aliases.join(", ")}`}. Nothing
          brings it back.
        </DeleteDialog>
      )}
    </div>
  );
}

/** The files and, for a logged model, its values. */
function ModelContent({ version }: { version: ModelVersion }) {
  const { place, isPending, error, retry } = useFilePlace(version);
  const logged = useLoggedModel(place?.kind === "logged" ? place.modelId : undefined);
  return (
    <>
      {logged.data && <LoggedFacts model={logged.data} />}
      <Section title="Artifacts">
        {isPending ? (
          <Skeleton lines={4} label="Loading the artifacts" />
        ) : error ? (
          <ErrorBox what="Where the files are is not known" error={error} retry={retry} />
        ) : place ? (
          <Suspense fallback={<Skeleton lines={4} />}>
            <ArtifactBrowser place={place} />
          </Suspense>
        ) : (
          <p className="muted">
            The files are kept elsewhere{version.source && ", at "}
            {version.source && <span className="mono">{version.source}</span>}, so they cannot be
            shown here.
          </p>
        )}
      </Section>
    </>
  );
}

function Body({ version, model }: { version: ModelVersion; model: RegisteredModel }) {
  const refresh = useRegistryRefresh();
  const { name } = version;
  const prompt = isPrompt(model) ? promptOf(version.tags) : undefined;
  const alias = version.aliases?.[0];
  const code = prompt
    ? loadPromptCode(serverAddress(), promptUri(name, version.version, alias), variablesOf(prompt))
    : loadModelCode(serverAddress(), modelUri(name, version.version, alias));
  return (
    <div className={css.columns}>
      <div className={css.main}>
        {prompt && <PromptText prompt={prompt} />}
        <Description
          text={version.description ?? ""}
          empty="No description yet. What is new in this version?"
          save={async (text) => {
            await versions.describe(name, version.version, text);
            await refresh();
          }}
        />
        <Section title="Use it">
          <Code text={code} />
        </Section>
        {!isPrompt(model) && <ModelContent version={version} />}
      </div>
      <div className={css.aside}>
        <VersionAbout version={version} prompt={isPrompt(model)} />
        <Aliases name={name} aliases={model.aliases ?? []} version={version.version} />
        <EditableTags
          entries={ownTags(version.tags)}
          calls={{
            set: (key, value) => versions.setTag(name, version.version, key, value),
            remove: (key) => versions.deleteTag(name, version.version, key),
            refresh,
          }}
        />
      </div>
    </div>
  );
}

export default function VersionPage({ name, version: number }: { name: string; version: string }) {
  const model = useModel(name);
  const version = useVersion(name, number);
  const prompt = model.data !== undefined && isPrompt(model.data);
  usePage(`${name} version ${number}`, [
    { label: "Models", to: listRoute },
    ...(prompt ? [{ label: "Prompts", to: promptsRoute }] : []),
    { label: name, to: modelRoute(name) },
    { label: `Version ${number}` },
  ]);
  const error = version.error ?? model.error;
  if (!model.data || !version.data) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400))
      return (
        <EmptyState
          page
          title="There is no such version"
          action={<LinkButton to={modelRoute(name)}>All versions</LinkButton>}
        >
          {error.message}
        </EmptyState>
      );
    if (error)
      return (
        <ErrorBox
          what="The version could not be loaded"
          error={error}
          retry={() => {
            void model.refetch();
            void version.refetch();
          }}
        />
      );
    return <Skeleton label="Loading the version" />;
  }
  return (
    <div className={css.page}>
      <Head version={version.data} model={model.data} />
      {error && (
        <ErrorBox
          what="The version could not be loaded again; this is what was known before"
          error={error}
          retry={() => void version.refetch()}
        />
      )}
      <Body version={version.data} model={model.data} />
    </div>
  );
}
