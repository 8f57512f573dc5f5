// The head of the grid: the box for all loaded rows, and a button per column that sorts.
import { memo, useEffect, useRef } from "react";
import { Icon } from "../../parts/Icon";
import { ColumnEdge } from "./ColumnEdge";
import { type ColumnActions, ColumnMenu } from "./ColumnMenu";
import { type Column, columnTitle } from "./columns";
import css from "./RunGrid.module.css";
import { coverage, type Selection } from "./selection";
import { type ColumnId, isSortable, type Sort } from "./url-state";
import type { ColumnSlice } from "./useColumnSlice";
import type { SetWidth } from "./widths";

function HeadCell({
  column,
  index,
  sort,
  onSort,
  onWidth,
  actions,
}: {
  column: Column;
  index: number;
  sort: Sort;
  onSort: (column: ColumnId) => void;
  onWidth: SetWidth;
  actions: ColumnActions;
}) {
  const active = sort.column === column.id;
  const order = sort.descending ? "descending" : "ascending";
  const sortable = isSortable(column.id);
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside has the focus
    <div
      role="columnheader"
      aria-colindex={index + 2}
      aria-sort={active ? order : sortable ? "none" : undefined}
      className={`${css.headCell} ${column.numeric ? css.numeric : ""}`}
      style={{ width: column.width }}
      title={columnTitle(column.id)}
    >
      {sortable ? (
        <button type="button" className={css.sort} onClick={() => onSort(column.id)}>
          <span>{column.label}</span>
          {active && <Icon name={sort.descending ? "down" : "up"} size={12} />}
        </button>
      ) : (
        <span>{column.label}</span>
      )}
      <ColumnMenu column={column} actions={actions} />
      <ColumnEdge column={column} onWidth={onWidth} />
    </div>
  );
}

function AllBox({
  selection,
  loadedIds,
  onAll,
}: {
  selection: Selection;
  loadedIds: string[];
  onAll: () => void;
}) {
  const box = useRef<HTMLInputElement>(null);
  const state = coverage(selection, loadedIds);
  useEffect(() => {
    if (box.current) box.current.indeterminate = state === "some";
  }, [state]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label="Select all loaded runs"
      title={`Select the ${loadedIds.length} runs that are loaded`}
      checked={state === "all"}
      onChange={onAll}
    />
  );
}

export const GridHead = memo(function GridHead({
  columns,
  slice,
  width,
  sort,
  onSort,
  onWidth,
  actions,
  selection,
  loadedIds,
  onAll,
}: {
  columns: Column[];
  slice: ColumnSlice;
  width: number;
  sort: Sort;
  onSort: (column: ColumnId) => void;
  onWidth: SetWidth;
  actions: ColumnActions;
  selection: Selection;
  loadedIds: string[];
  onAll: () => void;
}) {
  const cell = (column: Column, index: number) => (
    <HeadCell
      key={column.id}
      column={column}
      index={index}
      sort={sort}
      onSort={onSort}
      onWidth={onWidth}
      actions={actions}
    />
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    <div role="rowgroup" className={css.head} style={{ width, minWidth: "100%" }}>
      {/* biome-ignore lint/a11y/useSemanticElements: part of a virtual grid */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the buttons inside have the focus */}
      <div role="row" aria-rowindex={1} className={css.headRow}>
        <div className={css.fixed} role="presentation">
          {/* biome-ignore lint/a11y/useSemanticElements: part of a virtual grid */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: the box inside has the focus */}
          <div role="columnheader" aria-colindex={1} className={css.box}>
            <AllBox selection={selection} loadedIds={loadedIds} onAll={onAll} />
          </div>
          {columns.map((column, index) => (column.pinned ? cell(column, index) : null))}
        </div>
        <div role="presentation" className={css.gap} style={{ width: slice.before }} />
        {columns
          .slice(slice.from, slice.to)
          .map((column, index) => cell(column, slice.from + index))}
      </div>
    </div>
  );
});
