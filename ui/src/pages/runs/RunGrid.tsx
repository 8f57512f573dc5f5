// The grid of runs: rows and columns outside the view are not in the document, so 100 000 runs
// scroll like a hundred. One tab stop; arrows move an active cell that is announced.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { type Density, rowHeights, usePreferences } from "../../app/theme";
import panel from "../../parts/Panel.module.css";
import type { ColumnActions } from "./ColumnMenu";
import type { Column } from "./columns";
import { type Baseline, BaselineContext } from "./Delta";
import { GridHead } from "./GridHead";
import { GridRow } from "./GridRow";
import { GroupRow } from "./GroupRow";
import { PinnedRows } from "./PinnedRows";
import css from "./RunGrid.module.css";
import type { RowStore } from "./row-store";
import type { LoadedRow, RunTableState } from "./run-windows";
import { SparkContext, useSparks } from "./SparkCell";
import {
  explicit,
  extend,
  isSelected,
  nothing,
  type Selection,
  toggle,
  toggleAll,
} from "./selection";
import type { ColumnId, Sort } from "./url-state";
import { useColumnSlice } from "./useColumnSlice";
import { useRowSpace } from "./useRowSpace";
import type { SetWidth } from "./widths";

const HEAD_HEIGHT = 30;
const BOX_WIDTH = 40;
/** The line below the pinned runs. */
const TOP_LINE = 2;

export interface GridHandle {
  move: (by: number) => void;
  select: () => void;
  toTop: () => void;
  /** The run on which the keyboard is. */
  activeId: () => string | undefined;
}

export function RunGrid({
  ref,
  windows,
  table,
  top,
  grouped,
  columns,
  sort,
  onSort,
  onWidth,
  actions,
  baseline,
  density,
  selection,
  onSelection,
  onOpen,
  onCell,
}: {
  ref: React.Ref<GridHandle>;
  windows: RowStore;
  table: RunTableState;
  /** Runs that stay on top. */
  top: LoadedRow[];
  /** Whether some rows are groups that open. */
  grouped: boolean;
  columns: Column[];
  sort: Sort;
  onSort: (column: ColumnId) => void;
  onWidth: SetWidth;
  actions: ColumnActions;
  /** The run that the others are compared with. */
  baseline: Baseline | undefined;
  /** Undefined: as this browser prefers. */
  density: Density | undefined;
  selection: Selection;
  onSelection: (next: Selection) => void;
  onOpen: (runId: string) => void;
  /** A cell was clicked with Alt. */
  onCell: (column: ColumnId, loaded: LoadedRow) => void;
}) {
  const preferred = usePreferences().density;
  const rowHeight = rowHeights[density ?? preferred];
  const count = windows.count();
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState<{ row: number; column: number }>({ row: 0, column: 0 });
  const margin = HEAD_HEIGHT + top.length * rowHeight + (top.length > 0 ? TOP_LINE : 0);
  const slice = useColumnSlice(scroller, columns, BOX_WIDTH);

  const space = useRowSpace(scroller, count, rowHeight, margin);
  const virtual = useVirtualizer({
    count: space.places,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollMargin: margin,
    scrollPaddingStart: margin,
    useFlushSync: false,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are kept until told otherwise
  useLayoutEffect(() => virtual.measure(), [rowHeight, virtual]);

  const items = virtual
    .getVirtualItems()
    .map(({ index, start }) => ({ row: index + space.base, top: start - margin }));
  const first = items[0]?.row ?? 0;
  const last = items.at(-1)?.row ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new snapshot has other rows missing
  useEffect(() => windows.show(first, last), [windows, first, last, table.loaded]);
  const sparks = useSparks(windows, table.version, first, last, columns, slice);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the store changes with its version
  const loadedIds = useMemo(() => windows.loadedIds(), [windows, table.version]);
  const activeRow = Math.min(active.row, count - 1);
  const activeColumn = Math.min(active.column, columns.length - 1);

  const go = (row: number, column: number) => {
    const to = Math.max(0, Math.min(count - 1, row));
    const toColumn = Math.max(0, Math.min(columns.length - 1, column));
    setActive({ row: to, column: toColumn });
    virtual.scrollToIndex(space.placeOf(to), { align: "auto" });
    space.settle();
    slice.reveal(toColumn);
    return to;
  };
  const toggleGroup = (row: number, column: number | undefined) => {
    setActive({ row, column: column ?? activeColumn });
    windows.toggle(row);
  };
  const idAt = (row: number) => windows.at(row)?.row.run_id;
  const select = (row: number, range: boolean) => {
    const runId = idAt(row);
    if (runId === undefined) return;
    const one = explicit(selection, loadedIds);
    onSelection(range ? extend(one, row, idAt) : toggle(one, runId, row));
  };

  useImperativeHandle(ref, () => ({
    move: (by) => {
      go(activeRow + by, activeColumn);
      scroller.current?.focus({ preventScroll: true });
    },
    select: () => select(activeRow, false),
    toTop: () => {
      virtual.scrollToIndex(space.placeOf(0), { align: "start" });
      space.settle();
    },
    activeId: () => idAt(activeRow),
  }));

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== scroller.current || event.altKey) return;
    const page = Math.max(
      1,
      Math.floor(((scroller.current?.clientHeight ?? 600) - margin) / rowHeight) - 1,
    );
    const jump = event.ctrlKey || event.metaKey;
    const moves: Record<string, [row: number, column: number]> = {
      ArrowDown: [activeRow + 1, activeColumn],
      ArrowUp: [activeRow - 1, activeColumn],
      ArrowLeft: [activeRow, activeColumn - 1],
      ArrowRight: [activeRow, activeColumn + 1],
      PageDown: [activeRow + page, activeColumn],
      PageUp: [activeRow - page, activeColumn],
      Home: jump ? [0, 0] : [activeRow, 0],
      End: jump ? [count - 1, columns.length - 1] : [activeRow, columns.length - 1],
    };
    const move = moves[event.key];
    const line = windows.groupAt(activeRow);
    // As in a tree: on the first cell of a group, right opens and left closes.
    const turns =
      (event.key === "ArrowRight" && line?.open === false) ||
      (event.key === "ArrowLeft" && line?.open === true);
    if (line && ((turns && activeColumn === 0) || event.key === " " || event.key === "Enter"))
      windows.toggle(activeRow);
    else if (move) {
      const to = go(...move);
      if (event.shiftKey && to !== activeRow)
        onSelection(
          extend(
            { ...explicit(selection, loadedIds), anchor: selection.anchor ?? activeRow },
            to,
            idAt,
          ),
        );
    } else if (event.key === " ") select(activeRow, event.shiftKey);
    else if (event.key === "Enter") {
      const runId = idAt(activeRow);
      if (runId !== undefined) onOpen(runId);
    } else if (jump && event.key === "a") onSelection(toggleAll(selection, loadedIds));
    else if (event.key === "Escape") onSelection(nothing);
    else return;
    event.preventDefault();
  };

  const onRowClick = (event: React.MouseEvent, row: number, column: number | undefined) => {
    const cell = columns[column ?? -1];
    const loaded = windows.at(row);
    if (event.altKey && cell && loaded) {
      event.preventDefault();
      onCell(cell.id, loaded);
      return;
    }
    setActive({ row, column: column ?? activeColumn });
    // Shift on a link opens a window; elsewhere it selects.
    if (event.shiftKey && !(event.target as HTMLElement).closest("a")) select(row, true);
  };

  // Handlers that never change, so that a row renders again only for its own sake.
  const all = () => onSelection(toggleAll(selection, loadedIds));
  const latest = useRef({ select, onRowClick, all });
  useLayoutEffect(() => {
    latest.current = { select, onRowClick, all };
  });
  const stableAll = useCallback(() => latest.current.all(), []);
  const stableSelect = useCallback<typeof select>((...args) => latest.current.select(...args), []);
  const stableClick = useCallback<typeof onRowClick>(
    (...args) => latest.current.onRowClick(...args),
    [],
  );

  const width = slice.totalWidth + BOX_WIDTH;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a grid, or a treegrid of groups, has a name
    // biome-ignore lint/a11y/noStaticElementInteractions: the role says what it is
    <div
      ref={scroller}
      className={`${panel.frame} ${css.grid}`}
      role={grouped ? "treegrid" : "grid"}
      tabIndex={0}
      aria-label="Runs"
      aria-rowcount={count + top.length + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable="true"
      aria-busy={table.old}
      aria-activedescendant={
        activeRow >= first && activeRow <= last ? `${id}-${activeRow}-${activeColumn}` : undefined
      }
      onKeyDown={onKeyDown}
    >
      {table.old && <div className={css.progress} />}
      <GridHead
        columns={columns}
        slice={slice}
        width={width}
        sort={sort}
        onSort={onSort}
        onWidth={onWidth}
        actions={actions}
        selection={selection}
        loadedIds={loadedIds}
        onAll={stableAll}
      />
      {top.length > 0 && (
        <PinnedRows
          id={id}
          rows={top}
          height={rowHeight}
          width={width}
          columns={columns}
          slice={slice}
          selection={selection}
          onClick={(event, row, column) => {
            const [cell, loaded] = [columns[column ?? -1], top[row]];
            if (!event.altKey || !cell || !loaded) return;
            event.preventDefault();
            onCell(cell.id, loaded);
          }}
          onSelect={(row) => {
            const runId = top[row]?.row.run_id;
            if (runId !== undefined)
              onSelection(toggle(explicit(selection, loadedIds), runId, undefined));
          }}
        />
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div
        className={css.body}
        role="rowgroup"
        style={{ height: virtual.getTotalSize(), width, minWidth: "100%" }}
      >
        <BaselineContext value={baseline}>
          <SparkContext value={sparks}>
            {items.map(({ row, top: place }) => {
              const line = windows.groupAt(row);
              const loaded = windows.at(row);
              return line ? (
                <GroupRow
                  key={row}
                  id={id}
                  index={row}
                  shift={top.length}
                  top={place}
                  height={rowHeight}
                  group={line.group}
                  open={line.open}
                  columns={columns}
                  from={slice.from}
                  to={slice.to}
                  before={slice.before}
                  activeColumn={row === activeRow ? activeColumn : undefined}
                  onToggle={toggleGroup}
                />
              ) : (
                <GridRow
                  key={row}
                  id={id}
                  index={row}
                  shift={top.length}
                  top={place}
                  height={rowHeight}
                  loaded={loaded}
                  columns={columns}
                  from={slice.from}
                  to={slice.to}
                  before={slice.before}
                  pinnedWidth={slice.pinnedWidth}
                  grouped={grouped}
                  selected={loaded !== undefined && isSelected(selection, loaded.row.run_id)}
                  activeColumn={row === activeRow ? activeColumn : undefined}
                  onClick={stableClick}
                  onSelect={stableSelect}
                />
              );
            })}
          </SparkContext>
        </BaselineContext>
      </div>
    </div>
  );
}
