// Joins the URL state, the window store and the live stream of one experiment's runs table.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useSearchParams } from "wouter";
import type { Fields } from "../../api/contract";
import { usePace } from "../../api/pace";
import { fetchGroups, fetchRuns } from "../../api/queries";
import { MANY_RUNS, useChanges } from "../../api/stream";
import { whenVisible } from "../../api/visible";
import { defaultColumns, layout, valueColumns } from "./columns";
import { GroupWindows } from "./group-windows";
import { metricColumn } from "./metric-column";
import { RunWindows } from "./run-windows";
import { orderBy, readState, type TableState, writeState } from "./url-state";
import { useBaseline } from "./useBaseline";
import { usePinnedRuns } from "./usePinnedRuns";
import { resolved, shortened, type View } from "./views";
import type { Widths } from "./widths";

/** Values change in place at most this often, however fast the runs log. */
const TOUCH_MS = 700;

/** The number of default columns before anything was logged. */
const BARE = defaultColumns(undefined).length;

/** The state of the table in the address, and how it is changed there. */
export function useTableState(views: View[]): [TableState, (part: Partial<TableState>) => void] {
  const [search, setSearch] = useSearchParams();
  const text = resolved(search, views).toString();
  const state = useMemo(() => readState(new URLSearchParams(text)), [text]);
  const change = useCallback(
    (part: Partial<TableState>) =>
      setSearch(
        (now) => {
          const full = resolved(now, views);
          return shortened(writeState({ ...readState(full), ...part }, full), views);
        },
        // Another order, view or grouping is a step that Back undoes; every typed letter is not.
        {
          replace:
            part.sort === undefined &&
            part.view === undefined &&
            part.group === undefined &&
            !("at" in part),
        },
      ),
    [setSearch, views],
  );
  return [state, change];
}

export function useRunTable(
  experimentId: string,
  state: TableState,
  fields: Fields | undefined,
  fieldsSettled: boolean,
  narrow: boolean,
  widths: Widths,
) {
  const [single] = useState(() => new RunWindows(fetchRuns));
  const [groups] = useState(() => new GroupWindows(fetchRuns, fetchGroups));
  const { filter, sort, view, group, goals, at } = state;
  const grouped = group.length > 0;
  const compared = state.base !== undefined;
  const windows = grouped ? groups : single;
  const table = useSyncExternalStore(windows.watch, windows.current);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());

  // The default columns stay as they were first found: a new metric must not move the table.
  const [standard, setStandard] = useState<string[] | undefined>();
  if (fields && (standard === undefined || standard.length <= BARE)) {
    const found = defaultColumns(fields);
    if (found.length !== standard?.length) setStandard(found);
  }
  const chosen = state.columns ?? standard;
  const ids = useMemo(() => chosen ?? defaultColumns(undefined), [chosen]);
  const columns = useMemo(
    () => layout(ids, state.pinned, narrow, widths, { grouped, compared, goals }),
    [ids, state.pinned, narrow, widths, grouped, compared, goals],
  );

  const asked = useMemo(() => valueColumns(ids, goals), [ids, goals]);
  const top = usePinnedRuns(experimentId, state.top, asked, at);
  const baseline = useBaseline(experimentId, state.base, asked, goals);
  const ready = state.columns !== undefined || fieldsSettled;
  useEffect(() => {
    // Without the fields the default columns are not known yet, and asking twice helps nobody.
    if (!ready) return;
    const question = {
      experimentId,
      filter,
      orderBy: orderBy(sort, goals),
      view,
      columns: asked,
      at,
    };
    if (group.length === 0) {
      groups.stop();
      single.ask(question);
    } else {
      single.stop();
      const metrics = new Set(asked.flatMap((id) => metricColumn(id)?.key ?? []));
      groups.ask({ ...question, group, metrics: [...metrics], sort });
    }
  }, [single, groups, ready, experimentId, filter, sort, view, group, goals, asked, at]);
  useEffect(
    () => () => {
      single.stop();
      groups.stop();
    },
    [single, groups],
  );

  const refresh = useCallback(() => {
    setFresh(new Set());
    windows.refresh();
  }, [windows]);

  const touched = useRef(new Set<string>());
  const pace = usePace(TOUCH_MS);
  useChanges((change) => {
    // The past does not change.
    if (at !== undefined) return;
    const created: string[] = [];
    for (const run of change.runs) {
      if (run.experiment_id !== null && run.experiment_id !== experimentId) continue;
      if (run.kind !== "created") touched.current.add(run.run_id);
      else if (run.experiment_id !== null) created.push(run.run_id);
    }
    if (change.runs.length >= MANY_RUNS && change.experiments.includes(experimentId))
      for (const id of windows.loadedIds()) touched.current.add(id);
    if (created.length > 0) {
      // Nothing is on screen that could be shifted: the first run appears by itself.
      if (windows.current().loaded?.matched === 0) refresh();
      else {
        const here = new Set(windows.loadedIds());
        const unseen = created.filter((id) => !here.has(id));
        if (unseen.length > 0) setFresh((now) => new Set([...now, ...unseen]));
      }
    }
    if (touched.current.size > 0)
      pace.run(() =>
        whenVisible(() => {
          windows.touch(touched.current);
          touched.current = new Set();
        }),
      );
  });

  const groupCount = grouped ? groups.size() : undefined;
  return { windows, table, columns, ids, top, baseline, groupCount, fresh: fresh.size, refresh };
}
