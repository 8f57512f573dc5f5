// The numbers behind a chart, for those who cannot or do not want to read the picture.

import type { MetricValue } from "../api/contract";
import { Num } from "../parts/Num";
import styles from "./ChartCard.module.css";
import { chartRows } from "./csv";
import type { Line, XMode } from "./lines";
import { xLabel, xName } from "./xaxis";

const SHOWN = 500;

function asValue(value: string | number | null | undefined): MetricValue | null {
  if (typeof value !== "number") return null;
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  return value === Number.NEGATIVE_INFINITY ? "-Infinity" : value;
}

export function ChartTable({
  label,
  lines,
  mode,
  height,
}: {
  label: string;
  lines: readonly Line[];
  mode: XMode;
  height: number;
}) {
  const [, ...rows] = chartRows(lines, mode);
  return (
    <section
      className={styles.table}
      style={{ maxHeight: height }}
      aria-label={`${label} as a table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">{xName(mode)}</th>
            <th scope="col">Last</th>
            <th scope="col">Min</th>
            <th scope="col">Max</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map(([run, x, last, min, max], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no other identity and never move
            <tr key={index}>
              <th scope="row">{run}</th>
              <td>{xLabel(mode, Number(x))}</td>
              <td>
                <Num value={asValue(last)} />
              </td>
              <td>
                <Num value={asValue(min)} />
              </td>
              <td>
                <Num value={asValue(max)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <p className="muted small">
          The first {SHOWN} of {rows.length} rows. Download the CSV for all of them.
        </p>
      )}
    </section>
  );
}
