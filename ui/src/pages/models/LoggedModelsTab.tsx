// The tab Models of an experiment: the logged models, with their metrics and parameters.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { serverAddress } from "../../api/client";
import { useChangesSlowly } from "../../api/stream";
import { useKeys } from "../../app/keyboard";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { logModelCode } from "./code";
import { loggedFilter } from "./filter";
import { LoggedTable } from "./LoggedTable";
import css from "./models.module.css";
import { Code, countText, MorePages } from "./parts";
import { itemsOf, type LoggedOrder, modelKeys, useLoggedList } from "./queries";

const TYPING_MS = 400;
const CHANGES_MS = 3000;
const NEWEST: LoggedOrder = { field: "creation_timestamp", descending: true };

function readOrder(text: string | null): LoggedOrder {
  if (text === null) return NEWEST;
  return { field: text.replace(/^-/, ""), descending: text.startsWith("-") };
}

export default function LoggedModelsTab({
  experimentId,
  name,
}: {
  experimentId: string;
  name: string;
}) {
  const [search, setSearch] = useSearchParams();
  const words = search.get("mq") ?? "";
  const order = readOrder(search.get("msort"));
  const [settled, setSettled] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(words), TYPING_MS);
    return () => clearTimeout(timer);
  }, [words]);
  const query = useLoggedList(experimentId, loggedFilter(settled), order);
  const client = useQueryClient();
  useChangesSlowly(
    CHANGES_MS,
    (change) => change.experiments.includes(experimentId),
    () => void client.invalidateQueries({ queryKey: modelKeys.loggedLists(experimentId) }),
  );
  const searchBox = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => searchBox.current?.focus() });

  const set = (key: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === "") next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true },
    );
  const sortBy = (field: string) => {
    // Names start from A, numbers and times from the largest; a second click turns it around.
    const descending = field === order.field ? !order.descending : field !== "name";
    set("msort", `${descending ? "-" : ""}${field}`);
  };

  const list = itemsOf(query.data);
  const current = !query.isPlaceholderData && settled === words;
  return (
    <div className={css.page}>
      <div className={css.tools}>
        <input
          ref={searchBox}
          type="search"
          aria-label="Search logged models"
          placeholder="Search by name, or filter: metrics.f1 > 0.9 AND params.depth = '3'"
          value={words}
          onChange={(event) => set("mq", event.target.value)}
        />
        {list && current && (
          <span className={css.count} role="status">
            {countText(list.length, query.hasNextPage)} models
          </span>
        )}
      </div>
      {query.error && (
        <ErrorBox
          what="The models could not be loaded"
          error={query.error}
          retry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Skeleton />}
      {list && list.length > 0 && !query.error && (
        <>
          <LoggedTable models={list} dimmed={!current} order={order} onSort={sortBy} />
          <MorePages pages={query} what="models" />
        </>
      )}
      {list?.length === 0 && current && words !== "" && (
        <EmptyState
          title="No model matches"
          action={<Button onClick={() => set("mq", "")}>Clear the search</Button>}
        />
      )}
      {list?.length === 0 && current && words === "" && (
        <div className={css.start}>
          <h2>No models yet</h2>
          <p className="muted">
            Models that runs log appear here, with their metrics and parameters. In Python:
          </p>
          <Code text={logModelCode(serverAddress(), name)} />
        </div>
      )}
    </div>
  );
}
