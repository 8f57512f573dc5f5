// Parallel coordinates: one axis per field, one line per run; the other runs of the experiments are grey behind them.

import { useMemo, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { DASHES, slotColour } from "../../charts/palette";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount } from "../../parts/format";
import panel from "../../parts/Panel.module.css";
import { buildAxis, thinned } from "./axis";
import css from "./compare.module.css";
import { FieldSelect } from "./FieldSelect";
import { fieldsOf, fieldValue } from "./fields";
import { ParallelAxes } from "./ParallelAxes";
import { short } from "./PlotFrame";
import { RunLegend } from "./RunLegend";
import type { ComparedRun } from "./run";
import { backgroundOf, MOST_BACKGROUND, useBackground } from "./useBackground";
import { useWidth } from "./useWidth";

const HEIGHT = 380;
const TOP = 34;
const BOTTOM = 14;
const SIDE = 70;
/** Between two axes; less, and their labels lie over one another. */
const NARROWEST = 84;
/** Axes before anybody chose. */
const FIRST_PARAMS = 5;
const FIRST_METRICS = 2;

export default function ParallelTab({ runs }: { runs: readonly ComparedRun[] }) {
  const [params, setParams] = useSearchParams();
  const box = useRef<HTMLDivElement>(null);
  const room = useWidth(box);
  const [active, setActive] = useState<string | null>(null);
  const details = runs.map((run) => run.detail);
  const all = fieldsOf(details);
  const names = all.map((one) => one.field);
  const chosen = params.getAll("axis").filter((field) => names.includes(field));
  const differing = all.filter((one) => one.differs).map((one) => one.field);
  const first = [
    ...differing.filter((field) => field.startsWith("params.")).slice(0, FIRST_PARAMS),
    ...differing.filter((field) => field.startsWith("metrics.")).slice(0, FIRST_METRICS),
  ];
  const fields = chosen.length > 0 ? chosen : first;
  const logs = new Set(params.getAll("plog"));

  const filter = params.get("q") ?? "";
  const grey = params.get("grey") !== "0";
  const experiments = [...new Set(details.map((detail) => detail.run.experiment_id))].sort();
  const others = useBackground(experiments, filter, fields, grey && runs.length > 0);
  const ids = details.map((detail) => detail.run.run_id).join(" ");
  const answer = grey ? others.data : undefined;
  const drawn = fields.join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `ids` and `drawn` stand for lists that are made at each drawing
  const background = useMemo(
    () => backgroundOf(answer, fields, new Set(ids.split(" "))),
    [answer, drawn, ids],
  );

  function set(key: "axis" | "plog" | "q" | "grey", values: readonly string[]) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        next.delete(key);
        for (const value of values) next.append(key, value);
        return next;
      },
      { replace: true },
    );
  }
  if (runs.length === 0) return <EmptyState title="No run to draw" />;
  const free = names.filter((field) => !fields.includes(field));

  const axes = fields.map((field, index) => {
    const values = details.map((detail) => fieldValue(detail, field));
    const behind = background.values.map((row) => row[index] ?? null);
    return { field, values, axis: buildAxis([...values, ...behind], logs.has(field), 6) };
  });
  const width = Math.max(room, 2 * SIDE + (axes.length - 1) * NARROWEST);
  const gap = axes.length > 1 ? (width - 2 * SIDE) / (axes.length - 1) : 0;
  const px = (index: number) => SIDE + index * gap;
  const py = (at: number) => HEIGHT - BOTTOM - at * (HEIGHT - BOTTOM - TOP);

  return (
    <div className={css.tab}>
      <div className={css.tools}>
        {free.length > 0 && (
          <FieldSelect
            label="Add an axis"
            fields={free}
            value=""
            onChange={(field) => set("axis", [...fields, field])}
          />
        )}
        {chosen.length > 0 && <Button onClick={() => set("axis", [])}>Default axes</Button>}
        <Button aria-pressed={grey} onClick={() => set("grey", grey ? ["0"] : [])}>
          Other runs
        </Button>
        {grey && (
          <BackgroundFilter filter={filter} onFilter={(q) => set("q", q === "" ? [] : [q])} />
        )}
        <span className="muted small" role="status">
          {grey && others.data && behindText(background.values.length, background)}
        </span>
      </div>
      {grey && others.error && (
        <ErrorBox
          what="The other runs could not be loaded"
          error={others.error}
          retry={() => void others.refetch()}
        />
      )}
      {axes.length === 0 ? (
        <EmptyState title="No field differs">Add an axis to draw the runs all the same.</EmptyState>
      ) : (
        <section
          ref={box}
          className={`${panel.card} ${css.plot}`}
          aria-label="Parallel coordinates"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
        >
          <svg
            width={width}
            height={HEIGHT}
            role="img"
            aria-label={`Parallel coordinates of ${runs.length} runs over ${fields.join(", ")}, and of ${background.values.length} other runs in grey. The table tab has the values.`}
          >
            <path
              d={background.values
                .map((row) =>
                  pathOf(
                    axes.map(({ axis }, index) => axis.at(row[index] ?? null)),
                    px,
                    py,
                  ),
                )
                .join("")}
              className={css.behind}
            />
            {runs.map((run, row) => {
              const id = run.detail.run.run_id;
              const dim = active !== null && active !== id;
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: hovering only brings the line to the front
                <path
                  key={id}
                  d={pathOf(
                    axes.map(({ axis, values }) => axis.at(values[row] ?? null)),
                    px,
                    py,
                  )}
                  fill="none"
                  stroke={slotColour(run.style.slot)}
                  strokeWidth={active === id ? 3.5 : 2}
                  strokeDasharray={DASHES[run.style.dash]?.join(" ")}
                  opacity={dim ? 0.2 : 1}
                  onMouseEnter={() => setActive(id)}
                  onMouseLeave={() => setActive(null)}
                >
                  <title>{run.detail.run.name}</title>
                </path>
              );
            })}
            {axes.map(({ field, axis }, index) => (
              <g key={field}>
                <line
                  x1={px(index)}
                  x2={px(index)}
                  y1={TOP}
                  y2={HEIGHT - BOTTOM}
                  stroke="var(--line-2)"
                />
                <text x={px(index)} y={14} textAnchor="middle" className={css.axisName}>
                  {short(field.slice(field.indexOf(".") + 1), gap)}
                </text>
                {thinned(axis.ticks, 18).map((tick) => (
                  <text
                    key={tick.label}
                    x={px(index) - 5}
                    y={py(tick.at)}
                    textAnchor="end"
                    dominantBaseline="middle"
                  >
                    {short(tick.label, 70)}
                  </text>
                ))}
              </g>
            ))}
          </svg>
        </section>
      )}
      <ParallelAxes
        axes={axes.map(({ field, axis }) => ({ field, numeric: axis.kind === "number" }))}
        logs={logs}
        onLogs={(next) => set("plog", next)}
        onFields={(next) => set("axis", next)}
      />
      <RunLegend runs={runs} onActive={setActive} />
    </div>
  );
}

/** A line through the axes; where a run lacks the field the line has a gap. */
function pathOf(
  ats: (number | null)[],
  px: (index: number) => number,
  py: (at: number) => number,
): string {
  let path = "";
  let pen = false;
  ats.forEach((at, index) => {
    if (at === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${px(index).toFixed(1)} ${py(at).toFixed(1)}`;
    pen = true;
  });
  return path;
}

function behindText(count: number, { matched, cut }: { matched: number; cut: boolean }): string {
  const shown = `${formatCount(count)} other ${count === 1 ? "run" : "runs"} in grey`;
  return cut
    ? `${shown}: of ${formatCount(matched)} that match, the latest ${MOST_BACKGROUND} are drawn`
    : shown;
}

/** Takes effect with Enter: a filter that is half typed is wrong most of the time. */
function BackgroundFilter({
  filter,
  onFilter,
}: {
  filter: string;
  onFilter: (filter: string) => void;
}) {
  return (
    <form
      className={css.tools}
      onSubmit={(event) => {
        event.preventDefault();
        onFilter(String(new FormData(event.currentTarget).get("q") ?? "").trim());
      }}
    >
      <input
        key={filter}
        type="search"
        name="q"
        aria-label="Filter of the other runs"
        placeholder="metrics.loss < 1, Enter"
        defaultValue={filter}
      />
    </form>
  );
}
