// The list of registered models, and of prompts, which are kept in the same registry.
import { useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { serverAddress } from "../../api/client";
import { models } from "../../api/models";
import { useKeys } from "../../app/keyboard";
import { usePage } from "../../app/page";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { listRoute, modelRoute, promptsRoute } from "./address";
import { registerCode, registerPromptCode } from "./code";
import { CreateDialog } from "./dialogs";
import { registryFilter } from "./filter";
import { type ListSort, ModelTable } from "./ModelTable";
import css from "./models.module.css";
import { Code, countText, MorePages } from "./parts";
import { itemsOf, useModelList, useRegistryRefresh } from "./queries";

const TYPING_MS = 250;

/** The text once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function readSort(text: string | null): ListSort {
  const key = text?.replace(/^-/, "") === "name" ? "name" : "updated";
  return { key, descending: text === null ? key === "updated" : text.startsWith("-") };
}

export default function ModelsPage() {
  const [search, setSearch] = useSearchParams();
  const prompts = search.get("kind") === "prompts";
  const what = prompts ? "prompts" : "models";
  usePage(prompts ? "Prompts" : "Models", [
    prompts ? { label: "Models", to: listRoute } : { label: "Models" },
    ...(prompts ? [{ label: "Prompts" }] : []),
  ]);
  const [, go] = useLocation();
  const words = search.get("q") ?? "";
  const settled = useSettled(words);
  const sort = readSort(search.get("sort"));
  const direction = sort.descending ? "DESC" : "ASC";
  const query = useModelList(
    registryFilter(settled, prompts),
    `${sort.key === "name" ? "name" : "timestamp"} ${direction}`,
  );
  const refresh = useRegistryRefresh();
  const [creating, setCreating] = useState(false);
  const searchBox = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => searchBox.current?.focus() });

  const set = (name: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const sortBy = (key: ListSort["key"]) => {
    const descending = key === sort.key ? !sort.descending : key === "updated";
    set("sort", `${descending ? "-" : ""}${key}`);
  };

  const list = itemsOf(query.data);
  // The answer to another search is no count of this one.
  const current = !query.isPlaceholderData && settled === words;
  return (
    <div className={css.page}>
      <div className={css.head}>
        <h1>
          {prompts ? "Prompts" : "Models"}
          {list && current && (
            <span className={css.total}>{countText(list.length, query.hasNextPage)}</span>
          )}
        </h1>
        {!prompts && (
          <span className={css.headActions}>
            <Button kind="primary" onClick={() => setCreating(true)}>
              <Icon name="plus" size={14} /> New model
            </Button>
          </span>
        )}
      </div>
      <Tabs
        label="Registry"
        tabs={[
          { to: listRoute, label: "Models", current: !prompts },
          { to: promptsRoute, label: "Prompts", current: prompts },
        ]}
      />
      <div className={css.tools}>
        <input
          ref={searchBox}
          type="search"
          aria-label={`Search ${what}`}
          placeholder="Search by name or tag:value"
          value={words}
          onChange={(event) => set("q", event.target.value)}
        />
      </div>
      {query.error && (
        <ErrorBox
          what={`The ${what} could not be loaded`}
          error={query.error}
          retry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Skeleton />}
      {list && list.length > 0 && (
        <>
          <ModelTable
            models={list}
            prompts={prompts}
            dimmed={!current}
            sort={sort}
            onSort={sortBy}
          />
          <MorePages pages={query} what={what} />
        </>
      )}
      {list?.length === 0 && current && words !== "" && (
        <EmptyState
          title={prompts ? "No prompt matches" : "No model matches"}
          action={<Button onClick={() => set("q", "")}>Clear the search</Button>}
        />
      )}
      {list?.length === 0 && current && words === "" && (
        <div className={css.start}>
          <h2>{prompts ? "No prompts yet" : "No registered models yet"}</h2>
          <p className="muted">
            {prompts
              ? "A prompt is registered by code; every change makes a new version. In Python:"
              : "A registered model is a name that versions of models are kept under. In Python:"}
          </p>
          <Code
            text={
              prompts
                ? registerPromptCode(serverAddress(), "my-prompt")
                : registerCode(serverAddress(), "my-model")
            }
          />
        </div>
      )}
      {creating && (
        <CreateDialog
          create={async (name, description) => {
            await models.create(name, description);
            await refresh();
            go(modelRoute(name));
          }}
          onClose={() => setCreating(false)}
        />
      )}
    </div>
  );
}
