// The line of a group in the grid: what its runs have in common, how many they are, and least,
// mean and greatest of each metric.
import type { GroupSpread } from "../../api/contract";
import { formatCount, formatNumber } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Status } from "../../parts/Status";
import { Time } from "../../parts/Time";
import type { Column } from "./columns";
import css from "./GroupRow.module.css";
import { type Group, spreadOf } from "./groups";
import { metricColumn } from "./metric-column";
import grid from "./RunGrid.module.css";

function Spread({ spread }: { spread: GroupSpread | undefined }) {
  if (!spread) return <span className={grid.missing} />;
  const { runs, min, mean, max } = spread;
  if (runs === 0 || min === null || max === null) return <span className="muted">—</span>;
  const middle = mean === null ? "no mean" : `mean ${formatNumber(mean)}`;
  return (
    <span
      className={css.spread}
      title={`${middle}, from ${formatNumber(min)} to ${formatNumber(max)}, of ${formatCount(runs)} runs`}
    >
      <span>{mean === null ? "—" : formatNumber(mean, 4)}</span>
      <span className={css.range}>
        {formatNumber(min, 3)} … {formatNumber(max, 3)}
      </span>
    </span>
  );
}

function Content({ column, group, open }: { column: Column; group: Group; open: boolean }) {
  if (column.id === "name")
    return (
      <>
        <span className={css.turn} data-open={open || undefined}>
          <Icon name="right" size={12} />
        </span>
        <strong title={group.label}>{group.label}</strong>
        <span className={css.count}>{formatCount(group.runs)}</span>
      </>
    );
  const place = group.columns.indexOf(column.id);
  if (place >= 0) {
    const value = group.values[place];
    if (value === null || value === undefined) return <span className="muted">—</span>;
    if (column.id === "status") return <Status status={value as never} />;
    return <span title={value}>{value}</span>;
  }
  if (column.id === "started") return <Time at={group.start} />;
  if (column.kind === "metrics")
    return <Spread spread={spreadOf(group, metricColumn(column.id)?.key ?? "")} />;
  return null;
}

export function GroupRow({
  id,
  index,
  shift,
  top,
  height,
  group,
  open,
  columns,
  from,
  to,
  before,
  activeColumn,
  onToggle,
}: {
  id: string;
  index: number;
  /** Rows between the head and the first of this kind. */
  shift: number;
  top: number;
  height: number;
  group: Group;
  open: boolean;
  columns: Column[];
  from: number;
  to: number;
  before: number;
  activeColumn: number | undefined;
  onToggle: (row: number, column: number | undefined) => void;
}) {
  const cell = (column: Column, place: number) => (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names the cell
    <div
      key={column.id}
      id={`${id}-${index}-${place}`}
      role="gridcell"
      aria-colindex={place + 2}
      data-column={place}
      className={`${grid.cell} ${column.numeric ? grid.numeric : ""} ${place === activeColumn ? grid.active : ""}`}
      style={{ width: column.width }}
    >
      <Content column={column} group={group} open={open} />
    </div>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      role="row"
      aria-rowindex={index + 2 + shift}
      aria-level={1}
      aria-expanded={open}
      className={`${grid.row} ${css.group}`}
      style={{ height, transform: `translateY(${top}px)` }}
      onClick={(event) => {
        const place = (event.target as HTMLElement).closest<HTMLElement>("[data-column]");
        onToggle(index, place ? Number(place.dataset.column) : undefined);
      }}
    >
      <div className={grid.fixed} role="presentation">
        {/* biome-ignore lint/a11y/useSemanticElements: part of a virtual grid */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus */}
        <div role="gridcell" aria-colindex={1} className={grid.box} />
        {columns.map((column, place) => (column.pinned ? cell(column, place) : null))}
      </div>
      <div role="presentation" className={grid.gap} style={{ width: before }} />
      {columns.slice(from, to).map((column, place) => cell(column, from + place))}
    </div>
  );
}
