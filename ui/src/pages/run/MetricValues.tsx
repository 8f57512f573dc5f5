// The values of all metrics of a run: last, smallest, largest, number of points and of NaN.
import { useContext, useState } from "react";
import { Link } from "wouter";
import type { MetricSummary } from "../../api/contract";
import { byName, isSystemMetric } from "../../charts/metrics";
import { Moment } from "../../charts/moment";
import { slotColour, slotOf } from "../../charts/palette";
import { Sparkline } from "../../charts/Sparkline";
import { useLiveSeries } from "../../charts/useSeries";
import table from "../../parts/DataTable.module.css";
import { formatCount, toNumber } from "../../parts/format";
import { Num } from "../../parts/Num";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { useCut } from "../../parts/useCut";
import css from "./run.module.css";

/** Rows before one asks for more. */
const ROWS = 200;

type Column = "key" | "last" | "step" | "timestamp" | "min" | "max" | "points" | "nans";

const COLUMNS: [Column, string][] = [
  ["key", "Metric"],
  ["last", "Last"],
  ["step", "@ step"],
  ["timestamp", "Logged"],
  ["min", "Min"],
  ["max", "Max"],
  ["points", "Points"],
  ["nans", "NaN"],
];

function compare(a: MetricSummary, b: MetricSummary, column: Column): number {
  if (column === "key") return byName(a.key, b.key);
  const x = toNumber(a[column] ?? "NaN");
  const y = toNumber(b[column] ?? "NaN");
  // NaN, and the range of nothing but NaN, has no order; it goes to the end so that it does not break the order of the others.
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x - y;
}

export function MetricValues({
  metrics,
  runId,
}: {
  metrics: readonly MetricSummary[];
  runId: string;
}) {
  const [search, setSearch] = useState("");
  const at = useContext(Moment);
  const [order, setOrder] = useState<{ by: Column; down: boolean }>({ by: "key", down: false });
  // Sparklines show a shape, not the moment; the values beside them are current.
  useLiveSeries([runId], 5000);
  const colour = slotColour(slotOf(runId));
  const wanted = search.toLowerCase();
  const matching = metrics
    .filter((metric) => metric.key.toLowerCase().includes(wanted))
    .sort((a, b) => compare(a, b, order.by) * (order.down ? -1 : 1));
  const { shown, more } = useCut(matching, ROWS);
  const link = (key: string) =>
    `/runs/${runId}/${isSystemMetric(key) ? "system" : "metrics"}?filter=${encodeURIComponent(`^${escaped(key)}$`)}${at === undefined ? "" : `&at=${at}`}`;
  return (
    <section aria-label="Metrics">
      <div className={css.sectionHead}>
        <h2>
          Metrics <span className="muted">{metrics.length}</span>
        </h2>
        {metrics.length >= 8 && (
          <input
            type="search"
            aria-label="Search metrics"
            placeholder="Search metrics"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        )}
      </div>
      {metrics.length === 0 ? (
        <p className="muted">No metric was logged yet.</p>
      ) : (
        <TableFrame label="Values of metrics" className={css.values}>
          <table className={table.table}>
            <thead>
              <tr>
                {COLUMNS.map(([column, label]) => {
                  const sorted = order.by === column;
                  return (
                    <th
                      key={column}
                      scope="col"
                      className={column === "key" ? undefined : table.n}
                      aria-sort={sorted ? (order.down ? "descending" : "ascending") : "none"}
                    >
                      <button
                        type="button"
                        onClick={() =>
                          setOrder({ by: column, down: sorted ? !order.down : column !== "key" })
                        }
                      >
                        {label}
                        {sorted && <span aria-hidden="true">{order.down ? "↓" : "↑"}</span>}
                      </button>
                    </th>
                  );
                })}
                <th scope="col">
                  <span className="visually-hidden">Shape</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((metric) => (
                <tr key={metric.key}>
                  <th scope="row">
                    <Link href={link(metric.key)}>{metric.key}</Link>
                  </th>
                  <td className={table.n}>
                    <Num value={metric.last} />
                  </td>
                  <td className={table.n}>{formatCount(metric.step)}</td>
                  <td className={table.n}>
                    <Time at={metric.timestamp} />
                  </td>
                  <td className={table.n}>
                    <Num value={metric.min} />
                  </td>
                  <td className={table.n}>
                    <Num value={metric.max} />
                  </td>
                  <td className={table.n}>{formatCount(metric.points)}</td>
                  <td className={metric.nans > 0 ? `${table.n} ${css.bad}` : table.n}>
                    {formatCount(metric.nans)}
                  </td>
                  <td>
                    <Sparkline runId={runId} metric={metric.key} colour={colour} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {more}
        </TableFrame>
      )}
    </section>
  );
}

function escaped(key: string): string {
  return key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
