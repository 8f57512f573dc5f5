// A line chart as an SVG document: the same lines, band and marks as on the screen, in words that a figure in a paper can take.
// Pure.
import { drawnValues, groupMarks, type Line } from "./lines";
import type { Live } from "./options";
import { DASHES, GROUP_SLOT } from "./palette";
import { makeScale } from "./scale";
import { linearTicks, logTicks, tickLabel, tickLabels } from "./ticks";
import { xLabels, xTicks } from "./xaxis";

const TITLE = 28;
const BOTTOM = 30;
const RIGHT = 14;
const LEGEND_ROW = 18;
const NAMED = 24;

type Picture = Pick<Live, "scene" | "mode" | "x" | "y">;

/** `size` is that of the plot; the title, and a legend where there are several lines, come on top of it. */
export function chartSvg(
  { scene, mode, x, y }: Picture,
  size: { width: number; height: number },
  title: string,
): string {
  const { theme, log, lines } = scene;
  const yTicks = log ? logTicks(y[0], y[1], 6) : linearTicks(y[0], y[1], 6);
  const yNames = log
    ? yTicks.map((tick) => tickLabel(Number(tick.toPrecision(4))))
    : tickLabels(yTicks);
  const left = 16 + 6.4 * Math.max(2, ...yNames.map((name) => name.length));
  const frame = {
    left,
    top: TITLE,
    right: size.width - RIGHT,
    bottom: TITLE + size.height - BOTTOM,
  };
  const xScale = makeScale(x[0], x[1], false);
  const yScale = makeScale(y[0], y[1], log);
  const px = (value: number) => frame.left + (xScale.at(value) ?? 0) * (frame.right - frame.left);
  const py = (value: number) =>
    frame.bottom - (yScale.at(value) ?? 0) * (frame.bottom - frame.top - 6);
  const colour = (line: Line) => theme.slots[line.style.slot] ?? theme.fg;
  const text = (at: [number, number], words: string, more: string) =>
    `<text x="${round(at[0])}" y="${round(at[1])}" ${more}>${escaped(words)}</text>`;

  const xs = xTicks(mode, x[0], x[1], 8);
  const xNames = xLabels(mode, xs);
  const axes = [
    ...yTicks.map(
      (tick, index) =>
        `<path d="M${round(frame.left)} ${round(py(tick))}H${round(frame.right)}" stroke="${theme.grid}"/>` +
        text([frame.left - 6, py(tick) + 4], yNames[index] ?? "", 'text-anchor="end"'),
    ),
    ...xs.map((tick, index) =>
      text([px(tick), frame.bottom + 18], xNames[index] ?? "", 'text-anchor="middle"'),
    ),
  ];
  const drawn = lines.map((line) => {
    const stroke = colour(line);
    const dash = DASHES[line.style.dash];
    const bandPath = scene.band || line.style.slot === GROUP_SLOT ? band(line, log, px, py) : "";
    const style = `fill="none" stroke="${stroke}" stroke-linejoin="round"`;
    return [
      bandPath && `<path d="${bandPath}" fill="${stroke}" fill-opacity="0.16"/>`,
      scene.smoothing > 0 &&
        `<path d="${path(line.xs, line.last, log, px, py)}" ${style} stroke-opacity="0.3"/>`,
      `<path d="${path(line.xs, drawnValues(line, log), log, px, py)}" ${style} stroke-width="${line.style.slot === GROUP_SLOT ? 2.6 : 1.6}"${dash?.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`,
    ]
      .filter(Boolean)
      .join("");
  });
  const near = Math.abs(x[1] - x[0]) / 40;
  const marks = lines.flatMap((line) => {
    const tone = lines.length > 1 ? colour(line) : theme.bad;
    const inside = ({ x: at }: { x: number }) => at >= x[0] && at <= x[1];
    const nans = groupMarks(line.nans, near)
      .filter(inside)
      .map(
        ({ x: at, count }) =>
          `<path d="M${round(px(at))} ${frame.top}V${round(frame.bottom)}" stroke="${tone}" stroke-dasharray="2 3"/>` +
          text(
            [px(at) + 4, frame.top + 10],
            `NaN${count > 1 ? ` ×${count}` : ""} @ ${scene.xLabel(at)}`,
            `style="fill:${tone}"`,
          ),
      );
    const infs = line.infs
      .filter(([at]) => inside({ x: at }))
      .map(([at, sign]) => {
        const edge = sign > 0 ? frame.top : frame.bottom;
        const base = edge + sign * 8;
        return `<path d="M${round(px(at))} ${edge}L${round(px(at) - 5)} ${base}H${round(px(at) + 5)}Z" fill="${tone}"/>`;
      });
    return [...nans, ...infs];
  });
  const named = lines.length > 1 ? lines.slice(0, NAMED) : [];
  const legendTop = TITLE + size.height + 4;
  const legend = named.map((line, index) => {
    const at = legendTop + index * LEGEND_ROW;
    return (
      `<path d="M${frame.left} ${at + 8}h22" stroke="${colour(line)}" stroke-width="2"${DASHES[line.style.dash]?.length ? ` stroke-dasharray="${DASHES[line.style.dash]?.join(" ")}"` : ""}/>` +
      text([frame.left + 30, at + 12], line.label, "")
    );
  });
  const height = TITLE + size.height + (named.length > 0 ? 8 + named.length * LEGEND_ROW : 0);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" font-family="system-ui, sans-serif" font-size="11">
<style>text{fill:${theme.fg2}}</style>
<rect width="100%" height="100%" fill="${theme.bg}"/>
${text([12, 19], title, `font-size="13" font-weight="600" style="fill:${theme.fg}"`)}
<clipPath id="plot"><rect x="${round(frame.left)}" y="${frame.top}" width="${round(frame.right - frame.left)}" height="${round(frame.bottom - frame.top)}"/></clipPath>
${axes.join("\n")}
<g clip-path="url(#plot)">
${[...drawn, ...marks].join("\n")}
</g>
${legend.join("\n")}
</svg>
`;
}

type Place = (value: number) => number;

/** Where a value is missing, the line goes on to the next that is there. */
function path(
  xs: readonly number[],
  ys: readonly (number | null)[],
  log: boolean,
  px: Place,
  py: Place,
): string {
  let out = "";
  xs.forEach((x, index) => {
    const y = ys[index];
    if (y === null || y === undefined || !Number.isFinite(y) || (log && y <= 0)) return;
    out += `${out === "" ? "M" : "L"}${round(px(x))} ${round(py(y))}`;
  });
  return out;
}

function band(line: Line, log: boolean, px: Place, py: Place): string {
  if (line.min.every((low, index) => low === line.max[index])) return "";
  const above = path(line.xs, line.max, log, px, py);
  const low = log
    ? line.min.map((value, index) => (value > 0 ? value : (line.max[index] ?? 0)))
    : line.min;
  const below = path([...line.xs].reverse(), [...low].reverse(), log, px, py);
  return above === "" || below === "" ? "" : `${above}L${below.slice(1)}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
