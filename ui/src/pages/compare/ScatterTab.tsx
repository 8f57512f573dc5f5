// One field against another, a point per run.

import { useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { slotColour } from "../../charts/palette";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import panel from "../../parts/Panel.module.css";
import { buildAxis } from "./axis";
import css from "./compare.module.css";
import { FieldSelect } from "./FieldSelect";
import { fieldsOf, fieldValue } from "./fields";
import { RunLegend } from "./RunLegend";
import type { ComparedRun } from "./run";
import { useWidth } from "./useWidth";

const HEIGHT = 420;
const LEFT = 76;
const BOTTOM = 44;
const EDGE = 14;

export default function ScatterTab({ runs }: { runs: readonly ComparedRun[] }) {
  const [params, setParams] = useSearchParams();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [active, setActive] = useState<string | null>(null);
  const details = runs.map((run) => run.detail);
  const fields = fieldsOf(details).map((one) => one.field);
  const pick = (key: string, prefix: string, other?: string) => {
    const wanted = params.get(key);
    if (wanted && fields.includes(wanted)) return wanted;
    return (
      fields.find((field) => field.startsWith(prefix) && field !== other) ??
      fields.find((field) => field !== other) ??
      ""
    );
  };
  const xField = pick("sx", "params.");
  const yField = pick("sy", "metrics.", xField);
  const logs = new Set(params.getAll("slog"));
  function set(change: (next: URLSearchParams) => void) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        change(next);
        return next;
      },
      { replace: true },
    );
  }
  function toggleLog(field: string) {
    set((next) => {
      next.delete("slog");
      for (const one of logs) if (one !== field) next.append("slog", one);
      if (!logs.has(field)) next.append("slog", field);
    });
  }
  if (fields.length === 0) return <EmptyState title="These runs have no parameters or metrics" />;

  const xs = details.map((detail) => fieldValue(detail, xField));
  const ys = details.map((detail) => fieldValue(detail, yField));
  const xAxis = buildAxis(xs, logs.has(xField), Math.max(3, Math.floor(width / 110)));
  const yAxis = buildAxis(ys, logs.has(yField), 7);
  const px = (at: number) => LEFT + at * (width - LEFT - EDGE);
  const py = (at: number) => HEIGHT - BOTTOM - at * (HEIGHT - BOTTOM - EDGE);
  const points = runs.flatMap((run, index) => {
    const x = xAxis.at(xs[index] ?? null);
    const y = yAxis.at(ys[index] ?? null);
    return x === null || y === null
      ? []
      : [{ run, x: px(x), y: py(y), text: `${xs[index]}, ${ys[index]}` }];
  });
  const shown = points.find((point) => point.run.detail.run.run_id === active);

  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <FieldSelect
          label="X"
          fields={fields}
          value={xField}
          onChange={(field) => set((next) => next.set("sx", field))}
        />
        <Button aria-pressed={logs.has(xField)} onClick={() => toggleLog(xField)}>
          log x
        </Button>
        <FieldSelect
          label="Y"
          fields={fields}
          value={yField}
          onChange={(field) => set((next) => next.set("sy", field))}
        />
        <Button aria-pressed={logs.has(yField)} onClick={() => toggleLog(yField)}>
          log y
        </Button>
        <span className="muted small" role="status">
          {points.length < runs.length &&
            `${runs.length - points.length} of ${runs.length} runs lack one of the two`}
          {((logs.has(xField) && !xAxis.log) || (logs.has(yField) && !yAxis.log)) &&
            " A log axis needs positive numbers."}
        </span>
      </div>
      <div ref={box} className={`${panel.card} ${css.plot}`}>
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={`${yField} against ${xField}, ${points.length} runs. The table tab has the values.`}
        >
          {yAxis.ticks.map((tick) => (
            <g key={tick.label}>
              <line
                x1={LEFT}
                x2={width - EDGE}
                y1={py(tick.at)}
                y2={py(tick.at)}
                stroke="var(--grid)"
              />
              <text x={LEFT - 6} y={py(tick.at)} textAnchor="end" dominantBaseline="middle">
                {short(tick.label)}
              </text>
            </g>
          ))}
          {xAxis.ticks.map((tick) => (
            <g key={tick.label}>
              <line
                x1={px(tick.at)}
                x2={px(tick.at)}
                y1={EDGE}
                y2={HEIGHT - BOTTOM}
                stroke="var(--grid)"
              />
              <text x={px(tick.at)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
                {short(tick.label)}
              </text>
            </g>
          ))}
          <text x={(LEFT + width) / 2} y={HEIGHT - 8} textAnchor="middle" className={css.axisName}>
            {xField}
          </text>
          <text x={6} y={10} className={css.axisName}>
            {yField}
          </text>
          {points.map(({ run, x, y, text }) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: hovering only adds the label
            <circle
              key={run.detail.run.run_id}
              cx={x}
              cy={y}
              r={active === run.detail.run.run_id ? 8 : 6}
              fill={slotColour(run.style.slot)}
              stroke="var(--bg)"
              strokeWidth="1.5"
              onMouseEnter={() => setActive(run.detail.run.run_id)}
              onMouseLeave={() => setActive(null)}
            >
              <title>{`${run.detail.run.name}: ${text}`}</title>
            </circle>
          ))}
          {shown && (
            <text
              x={shown.x + (shown.x > width * 0.7 ? -12 : 12)}
              y={shown.y - 8}
              textAnchor={shown.x > width * 0.7 ? "end" : "start"}
              className={css.pointName}
            >
              {shown.run.detail.run.name}
            </text>
          )}
        </svg>
      </div>
      <RunLegend runs={runs} onActive={setActive} />
    </div>
  );
}

function short(label: string): string {
  return label.length > 11 ? `${label.slice(0, 10)}…` : label;
}
