// The pinned runs: rows that stay below the head while the table scrolls.
import type { Column } from "./columns";
import { GridRow } from "./GridRow";
import css from "./RunGrid.module.css";
import type { LoadedRow } from "./run-windows";
import { isSelected, type Selection } from "./selection";
import type { ColumnSlice } from "./useColumnSlice";

export function PinnedRows({
  id,
  rows,
  height,
  width,
  columns,
  slice,
  selection,
  onClick,
  onSelect,
}: {
  id: string;
  rows: LoadedRow[];
  /** Of a row. */
  height: number;
  width: number;
  columns: Column[];
  slice: ColumnSlice;
  selection: Selection;
  /** `row` counts the pinned ones only. */
  onClick: (event: React.MouseEvent, row: number, column: number | undefined) => void;
  onSelect: (row: number) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    <div
      role="rowgroup"
      aria-label="Pinned runs"
      className={css.top}
      style={{ width, minWidth: "100%", height: rows.length * height }}
    >
      {rows.map((loaded, index) => (
        <GridRow
          key={loaded.row.run_id}
          id={`${id}-top`}
          index={index}
          before={slice.before}
          shift={0}
          top={index * height}
          height={height}
          loaded={loaded}
          columns={columns}
          from={slice.from}
          to={slice.to}
          pinnedWidth={slice.pinnedWidth}
          grouped={false}
          pinned
          selected={isSelected(selection, loaded.row.run_id)}
          activeColumn={undefined}
          onClick={onClick}
          onSelect={onSelect}
        />
      ))}
    </div>
  );
}
