// The Runs tab: filter line, tools, count line, grid and the bar for the selection.
import { useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, errorText } from "../../api/client";
import type { Experiment } from "../../api/contract";
import { useFields } from "../../api/queries";
import { useKeys } from "../../app/keyboard";
import { useNarrow } from "../../app/narrow";
import { Moment } from "../../charts/moment";
import { Button, Segmented } from "../../parts/Button";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Snippet } from "../../parts/Snippet";
import { toast } from "../../parts/Toast";
import { MOST_COMPARED } from "../compare/address";
import { TagDialog } from "../run/TagDialog";
import { MOST_TAGGED, tagRuns } from "./bulk-tag";
import { CodeButton } from "./CodeButton";
import { ColumnChooser } from "./ColumnChooser";
import type { ColumnActions } from "./ColumnMenu";
import { comparison } from "./comparison";
import { DensityButton } from "./DensityButton";
import { EmptyResult } from "./EmptyResult";
import { ExportButton } from "./ExportButton";
import { exportSelected } from "./export";
import { FilterLine } from "./FilterLine";
import { GroupByButton } from "./GroupByButton";
import { withAggregate } from "./metric-column";
import { PastButton, PastLine } from "./PastButton";
import { type GridHandle, RunGrid } from "./RunGrid";
import css from "./RunsTab.module.css";
import type { LoadedRow } from "./run-windows";
import { SelectionBar } from "./SelectionBar";
import { ShareButton } from "./ShareButton";
import { countOf, forTable, nothing, type Selection, wholeTable } from "./selection";
import { type ColumnId, MOST_PINNED, pinning, runPath, type Sort, withClause } from "./url-state";
import { useRunTable, useTableState } from "./useRunTable";
import { useWaitingPins } from "./useWaitingPins";
import { ViewMenu } from "./ViewMenu";
import { viewsOf } from "./views";
import { useWidths } from "./widths";

/** Clicking a head: the other way round; metrics and times begin with the largest. */
function nextSort(now: Sort, column: ColumnId): Sort {
  if (now.column === column) return { column, descending: !now.descending };
  return { column, descending: column === "started" || column.startsWith("metrics.") };
}

export function RunsTab({ experiment }: { experiment: Experiment }) {
  const id = experiment.experiment_id;
  const narrow = useNarrow();
  const [, go] = useLocation();
  const views = useMemo(() => viewsOf(experiment), [experiment]);
  const [state, change] = useTableState(views);
  useWaitingPins(id, state.top, change);
  const fields = useFields(id);
  const [widths, setWidth] = useWidths(id);
  const { windows, table, columns, ids, top, baseline, groupCount, fresh, refresh } = useRunTable(
    id,
    state,
    fields.data,
    !fields.isPending,
    narrow,
    widths,
  );
  const [chosen, setSelection] = useState<Selection>(nothing);
  const grid = useRef<GridHandle>(null);
  const filter = useRef<HTMLInputElement>(null);
  const { loaded } = table;
  const csvColumns = columns.filter((column) => column.kind !== "spark");
  const selection = forTable(chosen, loaded?.snapshot);
  const selected = countOf(selection);
  // A filter from a link may be wrong: that belongs to the filter line, not to the table.
  const refusal = table.error instanceof ApiError && table.error.span ? table.error : undefined;

  const [tagging, setTagging] = useState(false);
  const listed = !selection.all && selected > 0 && selected <= MOST_TAGGED;
  // The past cannot be changed.
  const canTag = listed && state.view === "active" && state.at === undefined;
  const pin = () => {
    const active = grid.current?.activeId();
    const pinned = selected > 0 ? [...selection.ids] : active === undefined ? [] : [active];
    if (pinned.length === 0) return;
    change({ top: pinning(state.top, pinned) });
    setSelection(nothing);
  };
  const compare = () => {
    if (selected < 2) return;
    comparison(selection, windows).then(go, (error: unknown) =>
      toast({ message: `The runs cannot be compared: ${errorText(error)}`, tone: "bad" }),
    );
  };
  useKeys({
    "/": () => filter.current?.focus(),
    j: () => grid.current?.move(1),
    k: () => grid.current?.move(-1),
    x: () => grid.current?.select(),
    c: compare,
    t: () => setTagging(canTag),
    p: pin,
  });

  const columnActions = useMemo<ColumnActions>(
    () => ({
      goalOf: (key) => state.goals[key],
      setGoal: (key, goal) => {
        const { [key]: _, ...rest } = state.goals;
        change({ goals: goal === undefined ? rest : { ...rest, [key]: goal } });
      },
      show: ({ id: old }, of) => {
        const to = withAggregate(old, of);
        const swap = (one: ColumnId) => (one === old ? to : one);
        change({
          // The same twice would be one column less.
          columns: [...new Set(ids.map(swap))],
          pinned: [...new Set(state.pinned.map(swap))],
          ...(state.sort.column === old ? { sort: { ...state.sort, column: to } } : {}),
        });
      },
      groupBy: (column) => {
        setSelection(nothing);
        change({ group: [column.id] });
      },
      hide: (column) =>
        change({
          columns: ids.filter((one) => one !== column.id),
          pinned: state.pinned.filter((one) => one !== column.id),
        }),
    }),
    [state, ids, change],
  );

  /** Alt and a click: only runs with the same value. */
  const filterByCell = (column: ColumnId, { row, value }: LoadedRow) => {
    const own: Record<string, string> = { name: row.name, status: row.status, user: row.user };
    const wanted = own[column] ?? value(column);
    if (wanted === undefined || wanted === null) return;
    // NaN and infinities travel as words and cannot be compared for equality.
    if (column.startsWith("metrics.") && typeof wanted !== "number") return;
    const next = withClause(state.filter, column, wanted);
    if (next !== undefined) change({ filter: next });
  };

  const emptyExperiment =
    loaded?.total === 0 &&
    state.view === "active" &&
    state.at === undefined &&
    state.filter === "" &&
    !table.old;

  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <FilterLine
          ref={filter}
          applied={state.filter}
          refusal={refusal}
          fields={fields.data}
          onApply={(text) => change({ filter: text })}
        />
        <div className={css.buttons}>
          <ViewMenu experiment={experiment} views={views} />
          <ColumnChooser
            fields={fields.data}
            shown={ids}
            pinned={state.pinned}
            isDefault={state.columns === undefined}
            onChange={(next, pinned) => change({ columns: next, pinned })}
            onReset={() => change({ columns: undefined, pinned: [] })}
          />
          <GroupByButton
            fields={fields.data}
            group={state.group}
            onChange={(group) => {
              setSelection(nothing);
              change({ group });
            }}
          />
          <Segmented
            label="Which runs"
            value={state.view}
            options={[
              { value: "active", label: "Active" },
              { value: "deleted", label: "Deleted" },
            ]}
            onChange={(view) => {
              setSelection(nothing);
              change({ view });
            }}
          />
          {state.at === undefined && (
            <PastButton
              onChange={(at) => {
                setSelection(nothing);
                change({ at });
              }}
            />
          )}
          <DensityButton density={state.density} onChange={(density) => change({ density })} />
        </div>
      </div>
      {state.at !== undefined && (
        <PastLine
          at={state.at}
          position={table.old ? undefined : loaded?.position}
          onBack={() => {
            setSelection(nothing);
            change({ at: undefined });
          }}
        />
      )}
      <div className={css.counts}>
        <span aria-live="polite">
          {loaded && (
            <>
              <strong>{formatCount(loaded.matched)}</strong>
              {loaded.matched === loaded.total
                ? ` run${loaded.total === 1 ? "" : "s"}`
                : ` of ${formatCount(loaded.total)} runs`}
              {groupCount !== undefined &&
                ` in ${formatCount(groupCount)} group${groupCount === 1 ? "" : "s"}`}
              {selected > 0 && ` · ${formatCount(selected)} selected`}
              {top.length > 0 && ` · ${formatCount(top.length)} pinned`}
              {` · ${formatCount(Math.round(loaded.ms))} ms`}
              {loaded.lagEvents > 0 && ` · ${formatCount(loaded.lagEvents)} events behind`}
            </>
          )}
        </span>
        {state.base !== undefined && (
          <span className={css.baseline}>
            Baseline: {baseline?.name ?? state.base}
            <Button
              kind="quiet"
              size="small"
              aria-label="No baseline"
              title="No baseline"
              onClick={() => change({ base: undefined })}
            >
              <Icon name="close" size={12} />
            </Button>
          </span>
        )}
        {fresh > 0 && (
          <Button
            size="small"
            onClick={() => {
              grid.current?.toTop();
              refresh();
            }}
          >
            {formatCount(fresh)} new run{fresh === 1 ? "" : "s"} — show
          </Button>
        )}
        <span className={css.outputs}>
          <ShareButton />
          <ExportButton windows={windows} columns={csvColumns} name={experiment.name} />
          <CodeButton query={() => windows.exportQuery()} columns={ids} />
        </span>
      </div>
      {table.error !== undefined && !refusal && (
        <ErrorBox what="The runs could not be loaded" error={table.error} retry={refresh} />
      )}
      {!loaded && table.error === undefined && <Skeleton lines={14} />}
      {emptyExperiment && <Snippet experiment={experiment.name} />}
      {loaded?.matched === 0 && !emptyExperiment && (
        <EmptyResult
          filter={state.filter}
          total={loaded.total}
          view={state.view}
          onFilter={(text) => change({ filter: text })}
        />
      )}
      {loaded && loaded.matched > 0 && (
        <Moment.Provider value={state.at}>
          <RunGrid
            ref={grid}
            windows={windows}
            table={table}
            top={top}
            grouped={groupCount !== undefined}
            columns={columns}
            sort={state.sort}
            onSort={(column) => change({ sort: nextSort(state.sort, column) })}
            onWidth={setWidth}
            actions={columnActions}
            baseline={baseline}
            density={state.density}
            selection={selection}
            onSelection={setSelection}
            onCell={filterByCell}
            onOpen={(runId) => go(runPath(runId, state.at))}
          />
        </Moment.Provider>
      )}
      {selected > 0 && (
        <SelectionBar
          selection={selection}
          matched={groupCount === undefined ? (loaded?.matched ?? 0) : 0}
          view={state.view}
          past={state.at !== undefined}
          tooMany={selected > MOST_COMPARED ? MOST_COMPARED : undefined}
          onAll={() => loaded && setSelection(wholeTable(loaded.snapshot, loaded.matched))}
          onCompare={compare}
          onBaseline={
            selection.ids.size === 1
              ? () => {
                  change({ base: [...selection.ids][0] });
                  setSelection(nothing);
                }
              : undefined
          }
          onPin={
            !selection.all && selected <= MOST_PINNED
              ? { run: pin, undo: [...selection.ids].every((one) => state.top.includes(one)) }
              : undefined
          }
          onTag={canTag ? () => setTagging(true) : undefined}
          onDownload={
            listed
              ? () => exportSelected(windows, [...selection.ids], csvColumns, experiment.name)
              : undefined
          }
          onClear={() => setSelection(nothing)}
          onChanged={refresh}
        />
      )}
      {tagging && (
        <TagDialog
          draft={{ key: "", value: "", fresh: true }}
          taken={[]}
          replacing=""
          onSave={(key, value) => tagRuns(id, [...selection.ids], key, value, refresh)}
          onClose={() => setTagging(false)}
        />
      )}
    </div>
  );
}
