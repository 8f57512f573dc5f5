// One registered model or prompt: description, versions, aliases, tags; rename and delete.
import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError, errorText, serverAddress } from "../../api/client";
import { models, type RegisteredModel } from "../../api/models";
import { usePage } from "../../app/page";
import { Button, LinkButton } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { toast } from "../../parts/Toast";
import { NameDialog } from "../experiments/NameDialog";
import { Aliases } from "./Aliases";
import { listRoute, modelRoute, promptsRoute } from "./address";
import { registerCode, registerPromptCode } from "./code";
import { Description } from "./Description";
import { DeleteDialog } from "./dialogs";
import { EditableTags } from "./EditableTags";
import { PROMPT_TAG } from "./filter";
import { ownTags } from "./logged";
import css from "./models.module.css";
import { Code, countText, MorePages, Section } from "./parts";
import { itemsOf, useForget, useModel, useRegistryRefresh, useVersions } from "./queries";
import { VersionTable } from "./VersionTable";

export function isPrompt(model: RegisteredModel): boolean {
  return model.tags?.some(({ key, value }) => key === PROMPT_TAG && value === "true") ?? false;
}

function useRename() {
  const forget = useForget();
  const [, go] = useLocation();
  return async function rename(from: string, to: string): Promise<void> {
    await models.rename(from, to);
    go(modelRoute(to), { replace: true });
    await forget(from);
    toast({
      message: `Renamed to “${to}”`,
      action: {
        label: "Undo",
        run: () =>
          void rename(to, from).catch((error: unknown) =>
            toast({ message: `The name was not changed: ${errorText(error)}`, tone: "bad" }),
          ),
      },
    });
  };
}

function Head({ model, prompt }: { model: RegisteredModel; prompt: boolean }) {
  const forget = useForget();
  const rename = useRename();
  const [, go] = useLocation();
  const [open, setOpen] = useState<"rename" | "delete" | undefined>();
  const { name } = model;
  const what = prompt ? "prompt" : "model";
  return (
    <div className={css.head}>
      <h1>{name}</h1>
      <Copy text={name} />
      <span className={css.headActions}>
        <Button kind="quiet" size="small" onClick={() => setOpen("rename")}>
          <Icon name="pencil" size={14} /> Rename
        </Button>
        <Button kind="quiet" size="small" onClick={() => setOpen("delete")}>
          <Icon name="trash" size={14} /> Delete
        </Button>
      </span>
      {open === "rename" && (
        <NameDialog
          title={`Rename the ${what}`}
          action="Rename"
          initial={name}
          submit={(to) => rename(name, to)}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "delete" && (
        <DeleteDialog
          title={`Delete the ${what}`}
          typed={name}
          remove={async () => {
            await models.remove(name);
            go(prompt ? promptsRoute : listRoute);
            await forget(name);
            toast({ message: `Deleted “${name}”` });
          }}
          onClose={() => setOpen(undefined)}
        >
          All its versions, aliases and tags go with it, and nothing brings them back.
          {!prompt && " Runs and logged models stay."}
        </DeleteDialog>
      )}
    </div>
  );
}

function Body({ model, prompt }: { model: RegisteredModel; prompt: boolean }) {
  const { name } = model;
  const refresh = useRegistryRefresh();
  const versions = useVersions(name, prompt);
  const list = itemsOf(versions.data);
  const code = prompt ? registerPromptCode : registerCode;
  return (
    <div className={css.columns}>
      <div className={css.main}>
        <Description
          text={model.description ?? ""}
          empty="No description yet. What is it for, and what does it expect?"
          save={async (text) => {
            await models.describe(name, text);
            await refresh();
          }}
        />
        <Section title="Versions" count={list && countText(list.length, versions.hasNextPage)}>
          {versions.error && (
            <ErrorBox
              what="The versions could not be loaded"
              error={versions.error}
              retry={() => void versions.refetch()}
            />
          )}
          {versions.isPending && <Skeleton lines={3} />}
          {list?.length === 0 && (
            <p className="muted">No version yet. The code below makes the first one.</p>
          )}
          {list && list.length > 0 && (
            <VersionTable versions={list} aliases={model.aliases ?? []} prompt={prompt} />
          )}
          <MorePages pages={versions} what="versions" />
        </Section>
        <Section title="New version">
          <Code text={code(serverAddress(), name)} />
        </Section>
      </div>
      <div className={css.aside}>
        <Section title="About">
          <dl className={css.about}>
            <dt>Created</dt>
            <dd>{formatDateTime(model.creation_timestamp)}</dd>
            <dt>Updated</dt>
            <dd>{formatDateTime(model.last_updated_timestamp)}</dd>
          </dl>
        </Section>
        <Aliases
          name={name}
          aliases={model.aliases ?? []}
          choices={list?.map((one) => one.version) ?? []}
        />
        <EditableTags
          entries={ownTags(model.tags)}
          calls={{
            set: (key, value) => models.setTag(name, key, value),
            remove: (key) => models.deleteTag(name, key),
            refresh,
          }}
        />
      </div>
    </div>
  );
}

export default function ModelPage({ name }: { name: string }) {
  const query = useModel(name);
  const model = query.data;
  const prompt = model !== undefined && isPrompt(model);
  usePage(name, [
    { label: "Models", to: listRoute },
    ...(prompt ? [{ label: "Prompts", to: promptsRoute }] : []),
    { label: name },
  ]);
  if (!model) {
    if (query.error instanceof ApiError && query.error.code === "RESOURCE_DOES_NOT_EXIST")
      return (
        <EmptyState
          page
          title="There is no such model"
          action={<LinkButton to={listRoute}>All models</LinkButton>}
        >
          No registered model or prompt has the name “{name}”.
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
      <Head model={model} prompt={prompt} />
      {query.error && (
        <ErrorBox
          what="The model could not be loaded again; this is what was known before"
          error={query.error}
          retry={() => void query.refetch()}
        />
      )}
      <Body model={model} prompt={prompt} />
    </div>
  );
}
