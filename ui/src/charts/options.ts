// The uPlot options of a line chart: own ranges, ticks and labels; zoom by dragging is reported, not applied.

import type uPlot from "uplot";
import { nearestIndex, type XMode } from "./lines";
import { paintBehind, paintMarks, type Scene } from "./paint";
import { DASHES, GROUP_SLOT } from "./palette";
import { linearTicks, logTicks, tickLabel, tickLabels } from "./ticks";
import { xLabels, xTicks } from "./xaxis";

/** What the options read at the time of drawing; the component writes it before each redraw. */
export interface Live {
  scene: Scene;
  mode: XMode;
  common: number[];
  x: [number, number];
  y: [number, number];
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
  onCursor: (u: uPlot) => void;
}

export function chartOptions(
  live: Live,
  size: { width: number; height: number },
  syncKey?: string,
): uPlot.Options {
  const { scene } = live;
  const { theme } = scene;
  const labelWidth = (values: string[] | null) =>
    16 + 6.4 * (values ?? []).reduce((widest, text) => Math.max(widest, (text ?? "").length), 2);
  return {
    ...size,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: () => live.x },
      y: { distr: scene.log ? 3 : 1, log: 10, range: () => live.y },
    },
    axes: [
      {
        stroke: theme.fg2,
        font: theme.font,
        size: 28,
        gap: 4,
        grid: { show: false },
        ticks: { stroke: theme.grid, size: 4 },
        splits: (u, _axis, min, max) =>
          xTicks(live.mode, min, max, Math.min(10, Math.max(2, Math.floor(u.width / 90)))),
        values: (_u, splits) => xLabels(live.mode, splits),
      },
      {
        stroke: theme.fg2,
        font: theme.font,
        gap: 4,
        size: (_u, values) => labelWidth(values),
        grid: { stroke: theme.grid, width: 1 },
        ticks: { show: false },
        splits: (u, _axis, min, max) => {
          const count = Math.min(8, Math.max(2, Math.floor(u.height / 42)));
          return scene.log ? logTicks(min, max, count) : linearTicks(min, max, count);
        },
        values: (_u, splits) =>
          scene.log
            ? splits.map((tick) => tickLabel(Number(tick.toPrecision(4))))
            : tickLabels(splits),
        // uPlot drops log labels by its own rule, but our ticks are already thinned.
        filter: (_u, splits) => splits,
      },
    ],
    series: [
      {},
      ...scene.lines.map((line): uPlot.Series => {
        const style = line.style;
        const colour = theme.slots[style.slot] ?? theme.fg;
        return {
          label: line.label,
          stroke: colour,
          width: style.slot === GROUP_SLOT ? 2.6 : 1.6,
          dash: [...(DASHES[style.dash] ?? [])],
          spanGaps: true,
          // Few points are drawn as points, so that a single one is not invisible.
          points: { show: line.xs.length <= 30, size: 4, fill: colour },
        };
      }),
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 5 },
      points: { size: 6 },
      // On the common axis most lines have no point at the cursor; the nearest own point is shown instead.
      dataIdx: (_u, series, index) => {
        const line = live.scene.lines[series - 1];
        const x = live.common[index];
        if (!line || x === undefined) return index;
        const own = line.xs[nearestIndex(line.xs, x)];
        return own === undefined ? index : nearestIndex(live.common, own);
      },
      ...(syncKey
        ? {
            sync: {
              key: syncKey,
              setSeries: false,
              scales: ["x", null] as [string, null],
              // The cursor is shared; a range that is dragged belongs to one chart.
              filters: { pub: (type: string) => type === "mousemove" || type === "mouseleave" },
            },
          }
        : {}),
      bind: {
        dblclick: () => () => {
          live.onReset();
          return null;
        },
      },
    },
    hooks: {
      drawAxes: [(u) => paintBehind(u, live.scene)],
      draw: [(u) => paintMarks(u, live.scene)],
      setCursor: [(u) => live.onCursor(u)],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 5) return;
          const from = u.posToVal(left, "x");
          const to = u.posToVal(left + width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          live.onZoom(from, to);
        },
      ],
    },
  };
}
