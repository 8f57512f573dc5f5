// How a number is spread within groups of the compared runs: a box per group, and a point per run.

import { slotColour } from "../../charts/palette";
import { Button } from "../../parts/Button";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { Num } from "../../parts/Num";
import { TableFrame } from "../../parts/TableFrame";
import { type Axis, buildAxis } from "./axis";
import { type BoxStats, boxStats, type Group, groupBy } from "./box";
import css from "./compare.module.css";
import { FieldSelect } from "./FieldSelect";
import { type Place, PlotFrame } from "./PlotFrame";
import { RunLegend } from "./RunLegend";
import type { ComparedRun } from "./run";
import { usePlotFields } from "./usePlotFields";

interface Box extends Group {
  stats: BoxStats;
}

export default function BoxTab({ runs }: { runs: readonly ComparedRun[] }) {
  const fields = usePlotFields(runs, "blog");
  const value = fields.pick("by", fields.numeric, "metrics.");
  const group = fields.pick("bx", fields.all, "params.", [value]);
  if (value === "" || group === "")
    return (
      <EmptyState title="Nothing to group">
        A box plot needs a number, and a field to group the runs by.
      </EmptyState>
    );
  const ys = fields.values(value);
  const boxes: Box[] = groupBy(fields.values(group)).flatMap(({ label, members }) => {
    const present = members.filter((index) => typeof ys[index] === "number");
    const stats = boxStats(present.map((index) => Number(ys[index])));
    return stats ? [{ label, members: present, stats }] : [];
  });
  const shown = boxes.reduce((sum, box) => sum + box.members.length, 0);
  const yAxis = buildAxis(ys, fields.log(value), 7);
  const xAxis: Axis = {
    kind: "category",
    log: false,
    at: () => null,
    ticks: boxes.map(({ label }, index) => ({ at: (index + 0.5) / boxes.length, label })),
  };
  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <FieldSelect
          label="Value"
          fields={fields.numeric}
          value={value}
          onChange={(field) => fields.set("by", field)}
        />
        <Button aria-pressed={fields.log(value)} onClick={() => fields.toggleLog(value)}>
          log
        </Button>
        <FieldSelect
          label="Group by"
          fields={fields.all}
          value={group}
          onChange={(field) => fields.set("bx", field)}
        />
        <span className="muted small" role="status">
          {shown < runs.length &&
            `${runs.length - shown} of ${runs.length} runs lack one of the two.`}
          {fields.log(value) && !yAxis.log && " A log axis needs positive numbers."}
        </span>
      </div>
      <PlotFrame
        label={`${value} by ${group}: ${boxes.length} groups of ${shown} runs. The table below has the numbers.`}
        xName={group}
        yName={value}
        axes={() => ({ x: xAxis, y: yAxis })}
        gridX={false}
      >
        {(place) =>
          boxes.map((box, index) => (
            <BoxShape
              key={box.members[0]}
              box={box}
              centre={place.x((index + 0.5) / boxes.length)}
              width={Math.min(90, (0.6 * (place.x(1) - place.x(0))) / boxes.length)}
              place={place}
              axis={yAxis}
              runs={runs}
              ys={ys.map(Number)}
            />
          ))
        }
      </PlotFrame>
      <Numbers boxes={boxes} group={group} />
      <RunLegend runs={runs} />
    </div>
  );
}

function BoxShape({
  box,
  centre,
  width,
  place,
  axis,
  runs,
  ys,
}: {
  box: Box;
  centre: number;
  width: number;
  place: Place;
  axis: Axis;
  runs: readonly ComparedRun[];
  ys: readonly number[];
}) {
  const y = (value: number) => place.y(axis.at(value) ?? 0);
  const { q1, median, q3, low, high, count } = box.stats;
  const [left, right] = [centre - width / 2, centre + width / 2];
  return (
    <g>
      {/* Of one run there is no spread: its point says everything. */}
      {count > 1 && (
        <g stroke="var(--fg-2)" fill="none">
          <path
            d={`M${centre} ${y(high)}V${y(q3)}M${centre} ${y(q1)}V${y(low)}M${left + width / 4} ${y(high)}H${right - width / 4}M${left + width / 4} ${y(low)}H${right - width / 4}`}
          />
          <rect
            x={left}
            y={y(q3)}
            width={width}
            height={Math.max(1, y(q1) - y(q3))}
            fill="var(--bg-3)"
          />
          <path d={`M${left} ${y(median)}H${right}`} stroke="var(--fg)" strokeWidth="2" />
        </g>
      )}
      {box.members.map((index, nth) => {
        const run = runs[index];
        const value = ys[index];
        if (!run || value === undefined) return null;
        return (
          <circle
            key={run.detail.run.run_id}
            cx={centre + spread(nth) * width * 0.35}
            cy={y(value)}
            r="4"
            fill={slotColour(run.style.slot)}
            stroke="var(--bg)"
          >
            <title>{`${run.detail.run.name}: ${value}`}</title>
          </circle>
        );
      })}
    </g>
  );
}

/** Places beside the centre, the same at each drawing: multiples of the golden ratio never line up. */
function spread(nth: number): number {
  return nth === 0 ? 0 : ((nth * 0.618034) % 1) * 2 - 1;
}

function Numbers({ boxes, group }: { boxes: readonly Box[]; group: string }) {
  return (
    <TableFrame label="Numbers of the boxes">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{group.slice(group.indexOf(".") + 1)}</th>
            {[
              "Runs",
              "Low whisker",
              "Lower quartile",
              "Median",
              "Upper quartile",
              "High whisker",
            ].map((name) => (
              <th key={name} scope="col" className={table.n}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {boxes.map(({ label, members, stats }) => (
            <tr key={members[0]}>
              <th scope="row">{label}</th>
              <td className={table.n}>{stats.count}</td>
              {[stats.low, stats.q1, stats.median, stats.q3, stats.high].map((number, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: five numbers in a fixed order
                <td key={index} className={table.n}>
                  <Num value={number} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
