// The right edge of a column in the head of the grid: dragging it, or keys on it, set the width.
import { useRef, useState } from "react";
import { type Column, columnTitle } from "./columns";
import css from "./RunGrid.module.css";
import { clampWidth, MAX_WIDTH, MIN_WIDTH, type SetWidth, widthAfterKey } from "./widths";

export function ColumnEdge({ column, onWidth }: { column: Column; onWidth: SetWidth }) {
  const start = useRef({ x: 0, width: 0 });
  const [dragged, setDragged] = useState(false);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot have the focus or a value
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${columnTitle(column.id)}`}
      aria-valuenow={column.width}
      aria-valuemin={MIN_WIDTH}
      aria-valuemax={MAX_WIDTH}
      aria-valuetext={`${column.width} pixels`}
      title="Drag, or arrow keys: width. Double click or Enter: as before"
      className={css.edge}
      data-dragged={dragged || undefined}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width: column.width };
        setDragged(true);
      }}
      onPointerMove={(event) => {
        if (!dragged) return;
        const width = clampWidth(start.current.width + event.clientX - start.current.x);
        if (width !== column.width) onWidth(column.id, width);
      }}
      onLostPointerCapture={() => setDragged(false)}
      onDoubleClick={() => onWidth(column.id, undefined)}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const next = widthAfterKey(event.key, event.shiftKey, column.width);
        if (!next) return;
        onWidth(column.id, next.width);
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
