// The parts of a line chart that uPlot does not draw: the band from minimum to maximum, the raw curve behind a smoothed
// one, and the marks for NaN and infinities.

import uPlot from "uplot";
import { groupMarks, type Line } from "./lines";
import { GROUP_SLOT } from "./palette";
import type { ChartTheme } from "./theme";
import { tickLabel } from "./ticks";

export interface Scene {
  lines: readonly Line[];
  log: boolean;
  band: boolean;
  smoothing: number;
  /** Labels an x for marks. */
  xLabel: (x: number) => string;
  theme: ChartTheme;
}

/** Positions in canvas pixels; a y that the axis cannot show lies on the edge below. */
function placer(u: uPlot, log: boolean) {
  const { left, top, width, height } = u.bbox;
  const low = u.scales.y?.min ?? 0;
  return {
    left,
    top,
    right: left + width,
    bottom: top + height,
    x: (value: number) => u.valToPos(value, "x", true),
    y: (value: number) => u.valToPos(log && value <= 0 ? low : value, "y", true),
  };
}

function clipped(u: uPlot, draw: (ctx: CanvasRenderingContext2D) => void): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  draw(u.ctx);
  u.ctx.restore();
}

/** Behind the lines: bands, then raw curves. */
export function paintBehind(u: uPlot, scene: Scene): void {
  clipped(u, (ctx) => {
    for (const line of scene.lines) {
      ctx.strokeStyle = ctx.fillStyle = scene.theme.slots[line.style.slot] ?? scene.theme.fg;
      // The mean of many runs without their band would hide how far they are apart.
      if (scene.band || line.style.slot === GROUP_SLOT) paintBand(u, ctx, line, scene.log);
      if (scene.smoothing > 0) paintRaw(u, ctx, line, scene.log);
    }
  });
}

function paintBand(u: uPlot, ctx: CanvasRenderingContext2D, line: Line, log: boolean): void {
  const at = placer(u, log);
  const drawable = line.xs.map((_, index) => !log || (line.max[index] ?? 0) > 0);
  if (line.min.every((low, index) => low === line.max[index])) return;
  ctx.beginPath();
  line.xs.forEach((x, index) => {
    if (drawable[index]) ctx.lineTo(at.x(x), at.y(line.max[index] ?? 0));
  });
  for (let index = line.xs.length - 1; index >= 0; index--) {
    if (drawable[index]) ctx.lineTo(at.x(line.xs[index] ?? 0), at.y(line.min[index] ?? 0));
  }
  ctx.closePath();
  ctx.globalAlpha = 0.16;
  ctx.fill();
  // A lone spike fills next to no area; its outline is what makes it visible.
  ctx.globalAlpha = 0.5;
  ctx.lineWidth = uPlot.pxRatio * 0.75;
  ctx.setLineDash([]);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function paintRaw(u: uPlot, ctx: CanvasRenderingContext2D, line: Line, log: boolean): void {
  const at = placer(u, log);
  ctx.beginPath();
  line.xs.forEach((x, index) => {
    const y = line.last[index] ?? 0;
    if (!log || y > 0) ctx.lineTo(at.x(x), at.y(y));
  });
  ctx.globalAlpha = 0.3;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** In front of the lines: a dotted line per group of NaN, a triangle at the edge per infinity. */
export function paintMarks(u: uPlot, scene: Scene): void {
  const at = placer(u, scene.log);
  const ratio = uPlot.pxRatio;
  // Marks nearer than this would cover one another's labels.
  const near = Math.abs(u.posToVal(14, "x") - u.posToVal(0, "x"));
  const several = scene.lines.length > 1;
  clipped(u, (ctx) => {
    ctx.font = scene.theme.font.replace("11px", `${11 * ratio}px`);
    ctx.textBaseline = "top";
    // The axes leave their own alignment behind.
    ctx.textAlign = "left";
    ctx.lineWidth = ratio;
    let labelRight = Number.NEGATIVE_INFINITY;
    for (const line of scene.lines) {
      // With several runs the mark needs the colour of its run; alone it has the colour of an error.
      const colour = several
        ? (scene.theme.slots[line.style.slot] ?? scene.theme.bad)
        : scene.theme.bad;
      ctx.strokeStyle = ctx.fillStyle = colour;
      for (const { x, count } of groupMarks(line.nans, near)) {
        const left = at.x(x);
        if (left < at.left - 1 || left > at.right + 1) continue;
        ctx.setLineDash([2 * ratio, 3 * ratio]);
        ctx.beginPath();
        ctx.moveTo(left, at.top);
        ctx.lineTo(left, at.bottom);
        ctx.stroke();
        const text = `NaN${count > 1 ? ` ×${count}` : ""} @ ${scene.xLabel(x)}`;
        const width = ctx.measureText(text).width;
        const start =
          left + width + 6 * ratio > at.right ? left - width - 4 * ratio : left + 4 * ratio;
        // A label that would run into the one before is left out; the line itself stays.
        if (start > labelRight) {
          ctx.fillText(text, start, at.top + 2 * ratio);
          labelRight = start + width + 4 * ratio;
        }
      }
      ctx.setLineDash([]);
      for (const sign of [1, -1] as const) {
        const xs = line.infs.filter(([, s]) => s === sign).map(([x]) => x);
        for (const { x, count } of groupMarks(xs, near))
          paintInfinity(ctx, at, at.x(x), sign, count, ratio);
      }
    }
  });
}

function paintInfinity(
  ctx: CanvasRenderingContext2D,
  at: ReturnType<typeof placer>,
  left: number,
  sign: 1 | -1,
  count: number,
  ratio: number,
): void {
  const edge = sign > 0 ? at.top + ratio : at.bottom - ratio;
  const base = edge + sign * 8 * ratio;
  ctx.beginPath();
  ctx.moveTo(left, edge);
  ctx.lineTo(left - 5 * ratio, base);
  ctx.lineTo(left + 5 * ratio, base);
  ctx.closePath();
  ctx.fill();
  const text = `${sign > 0 ? "+" : "−"}Inf${count > 1 ? ` ×${tickLabel(count)}` : ""}`;
  const width = ctx.measureText(text).width;
  const start = left + width + 10 * ratio > at.right ? left - width - 7 * ratio : left + 7 * ratio;
  // Below the labels of NaN, which lie on the upper edge.
  ctx.fillText(text, start, sign > 0 ? at.top + 15 * ratio : at.bottom - 13 * ratio);
}
