// The list of experiments: search, folders, active or deleted, create, rename, delete with undo,
// restore, purge.
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import type { Experiment } from "../../api/contract";
import { keys, useActivity, useExperiments } from "../../api/queries";
import { useChangesSlowly } from "../../api/stream";
import { useKeys } from "../../app/keyboard";
import { usePage } from "../../app/page";
import { Button, Segmented } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Snippet } from "../../parts/Snippet";
import { useExperimentActions } from "./actions";
import { endOfDay } from "./days";
import css from "./ExperimentsPage.module.css";
import { ExperimentTable } from "./ExperimentTable";
import { treeRows } from "./folders";
import { compare, matches, ownerOf, type SortKey } from "./list";
import { NameDialog } from "./NameDialog";
import { PurgeExperiment } from "./PurgeExperiment";
import { SampleData } from "./SampleData";

/** Counts change many times a second while runs log; once in a while is enough to look at. */
const COUNTS_MS = 1000;

/** Every run is looked at for what goes on, so that is asked for more seldom. */
const ACTIVITY_MS = 15_000;

const sortKeys: SortKey[] = ["name", "runs", "running", "failed", "activity", "created", "owner"];

function readSort(text: string | null): { key: SortKey; descending: boolean } {
  const descending = text === null || text.startsWith("-");
  const key = sortKeys.find((one) => one === text?.replace(/^-/, "")) ?? "activity";
  return { key, descending };
}

export default function ExperimentsPage() {
  usePage("Experiments", [{ label: "Experiments" }]);
  const client = useQueryClient();
  const [, go] = useLocation();
  const [search, setSearch] = useSearchParams();
  const view = search.get("view") === "deleted" ? "deleted" : "active";
  const words = search.get("q") ?? "";
  const sort = readSort(search.get("sort"));
  const openText = search.getAll("open").join("\n");
  const open = useMemo(() => new Set(openText.split("\n").filter(Boolean)), [openText]);
  const query = useExperiments(view);
  const other = useExperiments(view === "active" ? "deleted" : "active");
  const activity = useActivity(endOfDay(Date.now())).data?.experiments;
  const actions = useExperimentActions();
  const [purging, setPurging] = useState<Experiment | undefined>();
  const [dialog, setDialog] = useState<"create" | Experiment | undefined>();
  const searchBox = useRef<HTMLInputElement>(null);

  useChangesSlowly(
    COUNTS_MS,
    () => true,
    () => void client.invalidateQueries({ queryKey: keys.experiments }),
  );
  useChangesSlowly(
    ACTIVITY_MS,
    () => true,
    () => void client.invalidateQueries({ queryKey: keys.activity }),
  );
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
  const sortBy = (key: SortKey) => {
    // Names start from A, numbers and times from the largest; a second click turns it around.
    const words = key === "name" || key === "owner";
    const descending = key === sort.key ? !sort.descending : !words;
    set("sort", descending ? `-${key}` : key);
  };

  const openFolder = (path: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (open.has(path)) next.delete("open", path);
        else next.append("open", path);
        return next;
      },
      { replace: true },
    );

  const list = query.data?.experiments;
  const shown = useMemo(
    () =>
      (list ?? []).flatMap((one) => {
        const { days, owner: mostRuns } = activity?.[one.experiment_id] ?? {};
        const owner = ownerOf(one, mostRuns);
        return matches(one, owner, words) ? [{ one, totals: { ...one, owner, days } }] : [];
      }),
    [list, activity, words],
  );
  const rows = useMemo(() => {
    if (words === "") return treeRows(shown, open, sort.key, sort.descending);
    // What is searched for is shown wherever it is.
    const order = compare(sort.key, sort.descending);
    return [...shown]
      .sort((a, b) => order(a.totals, b.totals))
      .map((found) => ({ kind: "experiment" as const, label: found.one.name, depth: 0, ...found }));
  }, [shown, words, open, sort.key, sort.descending]);
  const deletedCount = (view === "deleted" ? list : other.data?.experiments)?.length;
  // A new server has at most the "Default" experiment, without runs.
  const emptyServer =
    view === "active" &&
    words === "" &&
    list !== undefined &&
    list.length <= 1 &&
    list.every((one) => one.runs === 0);

  return (
    <div className={css.page}>
      <div className={css.head}>
        <h1>
          Experiments{" "}
          {list && (
            <span className={css.total}>
              {words !== "" && `${formatCount(shown.length)} of `}
              {formatCount(list.length)}
            </span>
          )}
        </h1>
        <Button kind="primary" onClick={() => setDialog("create")}>
          <Icon name="plus" size={14} /> New experiment
        </Button>
      </div>
      <div className={css.tools}>
        <input
          ref={searchBox}
          type="search"
          className={css.search}
          aria-label="Search experiments"
          placeholder="Search by name, owner or tag:value"
          value={words}
          onChange={(event) => set("q", event.target.value)}
        />
        <Segmented
          label="Which experiments"
          value={view}
          options={[
            { value: "active", label: "Active" },
            {
              value: "deleted",
              label: deletedCount ? `Deleted ${formatCount(deletedCount)}` : "Deleted",
            },
          ]}
          onChange={(value) => set("view", value === "deleted" ? "deleted" : "")}
        />
      </div>
      {query.error && (
        <ErrorBox
          what="The experiments could not be loaded"
          error={query.error}
          retry={() => void query.refetch()}
        />
      )}
      {query.isPending && <Skeleton />}
      {list && shown.length > 0 && (
        <ExperimentTable
          rows={rows}
          dimmed={query.isPlaceholderData}
          sort={sort}
          onSort={sortBy}
          onFolder={openFolder}
          actions={{
            onRename: setDialog,
            onDelete: (one) => void actions.setDeleted(one, true),
            onRestore: (one) => void actions.setDeleted(one, false),
            onPurge: setPurging,
          }}
        />
      )}
      {list && shown.length === 0 && !emptyServer && (
        <EmptyState
          title={
            words !== ""
              ? `0 of ${formatCount(list.length)} match`
              : view === "deleted"
                ? "No deleted experiments"
                : "No experiments"
          }
          action={words !== "" && <Button onClick={() => set("q", "")}>Clear the search</Button>}
        />
      )}
      {emptyServer && (
        <>
          <Snippet experiment="my-first-experiment" />
          <SampleData />
        </>
      )}
      {purging && <PurgeExperiment experiment={purging} onClose={() => setPurging(undefined)} />}
      {dialog === "create" && (
        <NameDialog
          title="New experiment"
          action="Create"
          submit={async (name) => go(`/experiments/${await actions.create(name)}`)}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog !== undefined && dialog !== "create" && (
        <NameDialog
          title="Rename experiment"
          action="Rename"
          initial={dialog.name}
          submit={(name) => actions.rename(dialog.experiment_id, name)}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}
