// The fields of the runs in columns: what differs is marked, metrics show their distance from the baseline.
import { useContext, useId, useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { Moment } from "../../charts/moment";
import { slotColour } from "../../charts/palette";
import { metricMatcher } from "../../charts/settings";
import { Button, Segmented } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import table from "../../parts/DataTable.module.css";
import { formatDateTime, formatDuration } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Num } from "../../parts/Num";
import { Signal, Status } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { visibleTags } from "../../parts/tags";
import { useCut } from "../../parts/useCut";
import { runPath } from "../runs/url-state";
import css from "./compare.module.css";
import {
  type Aggregate,
  deltaOf,
  directionOf,
  type MetricRow,
  metricRows,
  type TextRow,
  textRows,
} from "./diff";
import type { ComparedRun } from "./run";

const AGGREGATES: { value: Aggregate; label: string; title: string }[] = [
  { value: "last", label: "Last", title: "The last value of each metric" },
  { value: "min", label: "Min", title: "The smallest value of each metric" },
  { value: "max", label: "Max", title: "The largest value of each metric" },
];

export function CompareTable({
  runs,
  onRemove,
}: {
  runs: readonly ComparedRun[];
  onRemove: (runId: string) => void;
}) {
  const [search, setParams] = useSearchParams();
  const at = useContext(Moment);
  const baseSelect = useId();
  const aggregate = AGGREGATES.find((one) => one.value === search.get("agg"))?.value ?? "last";
  const only = search.get("diff") !== "0" && runs.length > 1;
  const filter = search.get("field") ?? "";
  const matches = useMemo(() => metricMatcher(filter), [filter]);
  const wanted = search.get("base") ?? "";
  const base = Math.max(
    0,
    runs.findIndex((run) => run.detail.run.run_id === wanted),
  );
  const details = runs.map((run) => run.detail);

  function set(key: string, value: string | null) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        if (value === null) next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true },
    );
  }
  const shows = (row: { key: string; differs: boolean }) =>
    (!only || row.differs) && matches(row.key);

  const params = textRows(details.map((detail) => detail.params));
  const tags = textRows(details.map((detail) => ownTags(detail.tags)));
  const metrics = metricRows(details, aggregate);

  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <input
          type="search"
          aria-label="Filter fields"
          placeholder="Filter fields: lr|loss"
          value={filter}
          onChange={(event) => set("field", event.target.value || null)}
        />
        <Button
          aria-pressed={only}
          disabled={runs.length < 2}
          onClick={() => set("diff", only ? "0" : null)}
        >
          Differences only
        </Button>
        <Segmented
          label="Value of metrics"
          value={aggregate}
          options={AGGREGATES}
          onChange={(next) => set("agg", next === "last" ? null : next)}
        />
        <label htmlFor={baseSelect} className={css.base}>
          Baseline
          <select
            id={baseSelect}
            value={details[base]?.run.run_id}
            onChange={(event) => set("base", event.target.value)}
          >
            {details.map(({ run }) => (
              <option key={run.run_id} value={run.run_id}>
                {run.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <TableFrame label="Runs side by side" className={css.grid}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col" className={css.field}>
                Field
              </th>
              {runs.map((run, index) => (
                <th key={run.detail.run.run_id} scope="col">
                  <span className={css.runHead}>
                    <span
                      className={css.swatch}
                      style={{ background: slotColour(run.style.slot) }}
                    />
                    <Link href={runPath(run.detail.run.run_id, at)}>{run.detail.run.name}</Link>
                    {index === base && runs.length > 1 && <Chip>baseline</Chip>}
                    <Button
                      size="small"
                      kind="quiet"
                      aria-label={`Remove ${run.detail.run.name}`}
                      onClick={() => onRemove(run.detail.run.run_id)}
                    >
                      <Icon name="close" size={12} />
                    </Button>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Heading columns={runs.length}>Run</Heading>
            <tr>
              <th scope="row">status</th>
              {details.map(({ run }) => (
                <td key={run.run_id}>
                  <Status status={run.status} deleted={run.deleted} />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">experiment</th>
              {details.map(({ run, experiment }) => (
                <td key={run.run_id}>
                  <Link href={`/experiments/${experiment.experiment_id}`}>{experiment.name}</Link>
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">started</th>
              {details.map(({ run }) => (
                <td key={run.run_id} className="mono">
                  {formatDateTime(run.start)}
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">duration</th>
              {details.map(({ run }) => (
                <td key={run.run_id} className="mono">
                  {run.end === null ? "running" : formatDuration(run.end - run.start)}
                </td>
              ))}
            </tr>
            <TextSection
              title="Parameters"
              rows={params}
              shown={params.filter(shows)}
              base={base}
            />
            <Heading columns={runs.length}>
              Metrics{differing(metrics)} · {aggregate}
            </Heading>
            <Rows rows={metrics.filter(shows)} columns={runs.length}>
              {(row) => <MetricLine key={row.key} row={row} base={base} />}
            </Rows>
            <TextSection title="Tags" rows={tags} shown={tags.filter(shows)} base={base} />
          </tbody>
        </table>
      </TableFrame>
    </div>
  );
}

function ownTags(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(visibleTags({ tags }));
}

function differing(rows: readonly { differs: boolean }[]): string {
  const count = rows.filter((row) => row.differs).length;
  return ` · ${count} of ${rows.length} differ`;
}

function Heading({ columns, children }: { columns: number; children: React.ReactNode }) {
  return (
    <tr className={table.section}>
      <th scope="colgroup" colSpan={columns + 1}>
        {children}
      </th>
    </tr>
  );
}

/** Cells of a section before one asks for more. */
const CELLS = 1200;
const [FEWEST_ROWS, MOST_ROWS] = [20, 300];

function Rows<Row>({
  rows,
  columns,
  children,
}: {
  rows: readonly Row[];
  columns: number;
  children: (row: Row) => React.ReactNode;
}) {
  const fitting = Math.floor(CELLS / Math.max(1, columns));
  const step = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, fitting));
  const { shown, more } = useCut(rows, step);
  return (
    <>
      {shown.map(children)}
      {more && (
        <tr>
          <td colSpan={columns + 1}>{more}</td>
        </tr>
      )}
    </>
  );
}

function TextSection({
  title,
  rows,
  shown,
  base,
}: {
  title: string;
  rows: readonly TextRow[];
  shown: readonly TextRow[];
  base: number;
}) {
  const columns = rows[0]?.values.length ?? 0;
  if (rows.length === 0) return null;
  return (
    <>
      <Heading columns={columns}>
        {title}
        {differing(rows)}
      </Heading>
      <Rows rows={shown} columns={columns}>
        {(row) => (
          <tr key={row.key}>
            <th scope="row">{row.key}</th>
            {row.values.map((value, index) => (
              <td
                // biome-ignore lint/suspicious/noArrayIndexKey: one cell per run, in the order of the columns
                key={index}
                className={value === row.values[base] ? css.value : `${css.value} ${css.differs}`}
              >
                {value === undefined ? (
                  <span className="muted">—</span>
                ) : (
                  <span title={value}>{value}</span>
                )}
              </td>
            ))}
          </tr>
        )}
      </Rows>
    </>
  );
}

function MetricLine({ row, base }: { row: MetricRow; base: number }) {
  const direction = directionOf(row.key);
  return (
    <tr>
      <th scope="row">{row.key}</th>
      {row.values.map((value, index) => {
        const delta = index === base ? undefined : deltaOf(value, row.values[base], direction);
        const tone = delta?.better === undefined ? "muted" : delta.better ? css.better : css.worse;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: one cell per run, in the order of the columns
          <td key={index} className={css.metric}>
            <Num value={value ?? null} />
            {delta && (
              <span className={`${css.delta} ${tone}`}>
                {delta.text}
                {delta.sign !== 0 && <span aria-hidden="true"> {delta.sign > 0 ? "△" : "▽"}</span>}
                {delta.better !== undefined && (
                  <span className="visually-hidden">{delta.better ? "better" : "worse"}</span>
                )}
              </span>
            )}
            {row.best === index && <Signal tone="ok">best</Signal>}
          </td>
        );
      })}
    </tr>
  );
}
