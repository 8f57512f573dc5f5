// A number over two others: the compared runs as points, and between them bands of about equal value.
import { useId } from "react";
import { slotColour } from "../../charts/palette";
import { extent } from "../../charts/scale";
import { linearTicks, tickLabels } from "../../charts/ticks";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { buildAxis } from "./axis";
import css from "./compare.module.css";
import { above, hull, type Sample, surface } from "./contour";
import { FieldSelect } from "./FieldSelect";
import { type Place, PlotFrame } from "./PlotFrame";
import { RunLegend } from "./RunLegend";
import type { ComparedRun } from "./run";
import { type PlotFields, usePlotFields } from "./usePlotFields";

const COLUMNS = 72;
const ROWS = 48;
const LEVELS = 7;

export default function ContourTab({ runs }: { runs: readonly ComparedRun[] }) {
  const fields = usePlotFields(runs, "clog");
  const z = fields.pick("cz", fields.numeric, "metrics.");
  const x = fields.pick("cx", fields.spread, "params.", [z]);
  const y = fields.pick("cy", fields.spread, "params.", [z, x]);
  if (z === "" || x === "" || y === "")
    return (
      <EmptyState title="Too few numbers">
        A contour needs three parameters or metrics that are numbers in all of these runs.
      </EmptyState>
    );
  const [xs, ys, zs] = [fields.values(x), fields.values(y), fields.values(z)];
  const axes = (width: number) => ({
    x: buildAxis(xs, fields.log(x), Math.max(3, Math.floor(width / 110))),
    y: buildAxis(ys, fields.log(y), 7),
  });
  const { x: xAxis, y: yAxis } = axes(800);
  const points = runs.flatMap((run, index) => {
    const place = { x: xAxis.at(xs[index] ?? null), y: yAxis.at(ys[index] ?? null) };
    const value = zs[index];
    return place.x === null || place.y === null || typeof value !== "number"
      ? []
      : [{ run, x: place.x, y: place.y, z: value, text: `${xs[index]}, ${ys[index]}: ${value}` }];
  });
  const bands = makeBands(points);
  const refused = (fields.log(x) && !xAxis.log) || (fields.log(y) && !yAxis.log);
  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <Choice fields={fields} label="X" at="cx" field={x} log />
        <Choice fields={fields} label="Y" at="cy" field={y} log />
        <Choice fields={fields} label="Value" at="cz" field={z} />
        <span className="muted small" role="status">
          {points.length < runs.length &&
            `${runs.length - points.length} of ${runs.length} runs lack one of the three.`}
          {refused && " A log axis needs positive numbers."}
        </span>
      </div>
      {bands.problem !== null ? (
        <p className={css.notice} role="note">
          {bands.problem}
        </p>
      ) : (
        <Key bands={bands} name={z} />
      )}
      <PlotFrame
        label={`${z} over ${x} and ${y}, ${points.length} runs. The table tab has the values.`}
        xName={x}
        yName={y}
        axes={axes}
      >
        {(place) => (
          <>
            <Surface bands={bands} place={place} />
            {points.map(({ run, x: atX, y: atY, text }) => (
              <circle
                key={run.detail.run.run_id}
                cx={place.x(atX)}
                cy={place.y(atY)}
                r="5"
                fill={slotColour(run.style.slot)}
                stroke="var(--bg)"
                strokeWidth="1.5"
              >
                <title>{`${run.detail.run.name}: ${text}`}</title>
              </circle>
            ))}
          </>
        )}
      </PlotFrame>
      <RunLegend runs={runs} />
    </div>
  );
}

function Choice({
  fields,
  label,
  at,
  field,
  log = false,
}: {
  fields: PlotFields;
  label: string;
  at: string;
  field: string;
  log?: boolean;
}) {
  return (
    <>
      <FieldSelect
        label={label}
        fields={fields.numeric}
        value={field}
        onChange={(next) => fields.set(at, next)}
      />
      {log && (
        <Button aria-pressed={fields.log(field)} onClick={() => fields.toggleLog(field)}>
          log {label.toLowerCase()}
        </Button>
      )}
    </>
  );
}

interface Bands {
  /** Lower ends of the bands; the first one is below everything. */
  levels: number[];
  labels: string[];
  /** Per band the polygons where the surface is in it or higher. */
  regions: ReturnType<typeof above>[];
  outline: [number, number][];
  /** Why there is no surface. */
  problem: string | null;
}

function makeBands(points: readonly Sample[]): Bands {
  const none = { levels: [], labels: [], regions: [], outline: [] };
  const outline = hull(points.map((point) => [point.x, point.y]));
  if (outline.length < 3)
    return { ...none, problem: "Bands need three runs that do not lie on one line." };
  const range = extent(points.map((point) => point.z));
  if (!range || range[0] === range[1])
    return { ...none, problem: "The value is the same in all of these runs." };
  const ticks = linearTicks(range[0], range[1], LEVELS).filter(
    (tick) => tick > range[0] && tick < range[1],
  );
  const grid = surface(points, COLUMNS, ROWS);
  const names = tickLabels(ticks);
  const first = names[0] ?? "";
  return {
    levels: [Number.NEGATIVE_INFINITY, ...ticks],
    labels: [
      first === "" ? "all" : `below ${first}`,
      ...names.map((name, index) => {
        const next = names[index + 1];
        return next === undefined ? `${name} and more` : `${name} to ${next}`;
      }),
    ],
    regions: ticks.map((tick) => above(grid, tick)),
    outline,
    problem: null,
  };
}

/** One colour, stronger with the value; the points on it keep their own outline. */
function shade(index: number, count: number): string {
  const part = 10 + (78 * index) / Math.max(1, count - 1);
  return `color-mix(in srgb, var(--c1) ${part.toFixed(0)}%, var(--bg))`;
}

function Surface({ bands, place }: { bands: Bands; place: Place }) {
  const clip = useId();
  if (bands.problem !== null) return null;
  const path = (polygons: readonly (readonly [number, number][])[]) =>
    polygons.map((polygon) => `M${polygon.map(([x, y]) => at(place, x, y)).join("L")}Z`).join("");
  return (
    <>
      <clipPath id={clip}>
        <path d={path([bands.outline])} />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        <path d={path([bands.outline])} fill={shade(0, bands.levels.length)} />
        {bands.regions.map((polygons, index) => (
          <path
            key={bands.levels[index + 1]}
            d={path(polygons)}
            fill={shade(index + 1, bands.levels.length)}
          />
        ))}
      </g>
    </>
  );
}

function at(place: Place, x: number, y: number): string {
  return `${place.x(x).toFixed(1)} ${place.y(y).toFixed(1)}`;
}

function Key({ bands, name }: { bands: Bands; name: string }) {
  return (
    <div className={css.bandKey}>
      <span className="muted small">
        Only the points are measured; between them {name} is interpolated by distance.
      </span>
      <ul className={css.legend} aria-label={`Bands of ${name}`}>
        {bands.labels.map((label, index) => (
          <li key={label}>
            <span className={css.band} style={{ background: shade(index, bands.levels.length) }} />
            {label}
          </li>
        ))}
      </ul>
    </div>
  );
}
