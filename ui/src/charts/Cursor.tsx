// What stands under the cursor of a chart: the values of the nearest points, nearest line first.

import type uPlot from "uplot";
import { formatNumber } from "../parts/format";
import styles from "./LineChart.module.css";
import { metricOf, nearestIndex, type XMode } from "./lines";
import type { Live } from "./options";
import { slotColour } from "./palette";
import { xLabel } from "./xaxis";

export interface CursorReading {
  at: number;
  x: string;
  /** Where the pointer is, in CSS pixels of the frame. */
  left: number;
  top: number;
  flip: boolean;
  /** False when the cursor follows that of another chart. */
  own: boolean;
  more: number;
  rows: { id: string; label: string; slot: number; value: string; range: string; x: string }[];
}

const SHOWN = 10;

export function readAt(u: uPlot, live: Live, own: boolean): CursorReading | null {
  const { left, top } = u.cursor;
  if (left === undefined || top === undefined || left < 0) return null;
  const at = u.posToVal(left, "x");
  const found = live.scene.lines.flatMap((line) => {
    const index = nearestIndex(line.xs, at);
    const last = line.last[index];
    const x = line.xs[index];
    if (last === undefined || x === undefined) return [];
    const low = line.min[index] ?? last;
    const high = line.max[index] ?? last;
    const distance = Math.abs(u.valToPos(last, "y") - top);
    return [{ line, last, x, low, high, distance: Number.isFinite(distance) ? distance : 1e9 }];
  });
  if (found.length === 0) return null;
  found.sort((a, b) => a.distance - b.distance);
  const point = found[0]?.x ?? at;
  const offset = u.over.offsetLeft;
  return {
    at: point,
    x: named(live.mode, point),
    left: u.valToPos(point, "x") + offset,
    top: Math.max(0, top),
    flip: left > u.over.clientWidth * 0.5,
    own,
    more: Math.max(0, found.length - SHOWN),
    rows: found.slice(0, SHOWN).map(({ line, last, low, high, x }) => ({
      id: line.id,
      label: line.label,
      slot: line.style.slot,
      value: formatNumber(last),
      range: low < high ? `${formatNumber(low)} to ${formatNumber(high)}` : "",
      x: x === point ? "" : xLabel(live.mode, x),
    })),
  };
}

/** An x with its name, where the number alone would not tell what it is. */
function named(mode: XMode, x: number): string {
  const name = mode === "step" ? "step" : metricOf(mode);
  return name === undefined ? xLabel(mode, x) : `${name} ${xLabel(mode, x)}`;
}

export function Tooltip({ reading }: { reading: CursorReading }) {
  const side = reading.flip
    ? { right: `calc(100% - ${reading.left - 10}px)` }
    : { left: reading.left + 10 };
  return (
    <div className={styles.tip} style={{ ...side, top: 8 }} aria-hidden="true">
      <div className={styles.tipHead}>{reading.x}</div>
      {reading.rows.map((row) => (
        <div key={row.id} className={styles.tipRow}>
          <span className={styles.swatch} style={{ background: slotColour(row.slot) }} />
          <span className={styles.tipLabel}>{row.label}</span>
          <span className={styles.tipValue}>{row.value}</span>
          {row.range && <span className={styles.tipRange}>{row.range}</span>}
          {row.x && <span className={styles.tipRange}>@ {row.x}</span>}
        </div>
      ))}
      {reading.more > 0 && <div className={styles.tipRange}>and {reading.more} more</div>}
    </div>
  );
}
