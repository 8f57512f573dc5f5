// One row of the grid. It renders again only when its own run, its selection or the columns change.
import { memo, useContext } from "react";
import { Link } from "wouter";
import type { MetricValue } from "../../api/contract";
import { Moment } from "../../charts/moment";
import { slotColour, slotOf } from "../../charts/palette";
import { Icon } from "../../parts/Icon";
import { Status } from "../../parts/Status";
import { Duration, Time } from "../../parts/Time";
import type { Column } from "./columns";
import { MetricCell } from "./Delta";
import css from "./RunGrid.module.css";
import type { LoadedRow } from "./run-windows";
import { SparkCell } from "./SparkCell";
import { runPath } from "./url-state";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function Content({
  column,
  loaded,
  pinned,
}: {
  column: Column;
  loaded: LoadedRow;
  pinned: boolean | undefined;
}) {
  const { row } = loaded;
  const at = useContext(Moment);
  switch (column.id) {
    case "name":
      return (
        <>
          <i
            className={css.swatch}
            style={{ background: slotColour(slotOf(row.run_id)) }}
            aria-hidden="true"
          />
          <Link href={runPath(row.run_id, at)} tabIndex={-1} title={row.name}>
            {row.name || row.run_id}
          </Link>
          {pinned && (
            <span className={css.mark} title="Pinned">
              <Icon name="pin" size={12} />
            </span>
          )}
        </>
      );
    case "status":
      return <Status status={row.status} deleted={row.deleted} />;
    case "started":
      return <Time at={row.start} />;
    case "duration":
      return <Duration start={row.start} end={row.end} />;
    case "user":
      return <span title={row.user}>{row.user}</span>;
    case "id":
      return <span className="mono">{row.run_id}</span>;
  }
  if (column.kind === "spark") return <SparkCell runId={row.run_id} column={column} />;
  const value = loaded.value(column.source);
  // Not asked for yet: neither a value nor the absence of one.
  if (value === undefined) return <span className={css.missing} />;
  if (value === null) return <span className="muted">—</span>;
  if (column.kind === "metrics")
    return <MetricCell column={column} runId={row.run_id} value={value as MetricValue} />;
  const text = String(value);
  return (
    <span className={NUMBER.test(text) ? "mono" : undefined} title={text}>
      {text}
    </span>
  );
}

export interface GridRowProps {
  id: string;
  index: number;
  top: number;
  height: number;
  loaded: LoadedRow | undefined;
  columns: Column[];
  from: number;
  to: number;
  before: number;
  pinnedWidth: number;
  /** Rows between the head and the first of this kind. */
  shift: number;
  /** The row stays on top. */
  pinned?: boolean;
  /** The row is below the line of a group. */
  grouped: boolean;
  selected: boolean;
  activeColumn: number | undefined;
  onClick: (event: React.MouseEvent, row: number, column: number | undefined) => void;
  onSelect: (row: number, range: boolean) => void;
}

function Row(props: GridRowProps) {
  const { id, index, loaded, columns, activeColumn } = props;
  const name = loaded ? loaded.row.name || loaded.row.run_id : "";
  const cell = (column: Column, place: number) => (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names the cell
    <div
      key={column.id}
      id={`${id}-${index}-${place}`}
      role="gridcell"
      aria-colindex={place + 2}
      data-column={place}
      className={`${css.cell} ${column.numeric ? css.numeric : ""} ${place === activeColumn ? css.active : ""}`}
      style={{ width: column.width }}
    >
      {loaded ? (
        <Content column={column} loaded={loaded} pinned={props.pinned} />
      ) : (
        <span className={css.missing} />
      )}
    </div>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      role="row"
      aria-rowindex={index + 2 + props.shift}
      aria-level={props.grouped ? 2 : undefined}
      aria-selected={props.selected}
      className={props.grouped ? `${css.row} ${css.inGroup}` : css.row}
      style={{ height: props.height, transform: `translateY(${props.top}px)` }}
      onClick={(event) => {
        const place = (event.target as HTMLElement).closest<HTMLElement>("[data-column]");
        props.onClick(event, index, place ? Number(place.dataset.column) : undefined);
      }}
    >
      <div className={css.fixed} role="presentation">
        {/* biome-ignore lint/a11y/useSemanticElements: part of a virtual grid */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus */}
        <div role="gridcell" aria-colindex={1} className={css.box}>
          {loaded && (
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={`Select ${name}`}
              checked={props.selected}
              readOnly
              onClick={(event) => {
                event.stopPropagation();
                props.onSelect(index, event.shiftKey);
              }}
            />
          )}
        </div>
        {columns.map((column, place) => (column.pinned ? cell(column, place) : null))}
      </div>
      <div role="presentation" className={css.gap} style={{ width: props.before }} />
      {columns.slice(props.from, props.to).map((column, place) => cell(column, props.from + place))}
    </div>
  );
}

export const GridRow = memo(Row);
