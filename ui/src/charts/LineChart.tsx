// A line chart on uPlot: band from minimum to maximum, line of the last values, marks for NaN and infinities, zoom by
// dragging, a cursor that the keyboard moves as well. It draws what it is given; asking the server is `ChartCard`'s work.
// Import it lazily: it brings uPlot with it.

import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type CursorReading, readAt, Tooltip } from "./Cursor";
import styles from "./LineChart.module.css";
import {
  align,
  drawnValues,
  type Line,
  metricOf,
  nearestIndex,
  unionX,
  within,
  type XMode,
  xRange,
  yRange,
} from "./lines";
import { chartOptions, type Live } from "./options";
import { chartSvg } from "./svg";
import { readTheme, useThemeVersion } from "./theme";
import { tickLabel } from "./ticks";
import { xLabel } from "./xaxis";

export interface LineChartHandle {
  /** The drawn chart as a PNG on the ground of the theme. */
  png(title: string): Promise<Blob | null>;
  /** The same as an SVG document. */
  svg(title: string): string | null;
}

export interface LineChartProps {
  label: string;
  lines: readonly Line[];
  mode: XMode;
  log: boolean;
  /** Above 0 the lines are moving averages, and the values are drawn behind them. */
  smoothing: number;
  band: boolean;
  height: number;
  /** The part of x that is shown; null = everything. */
  zoom: [number, number] | null;
  syncKey?: string | undefined;
  onZoom: (range: [number, number] | null) => void;
  /** The keys `l` and `s` where the page does not get them, as in a dialog. */
  onShortcut?: ((key: "l" | "s") => void) | undefined;
  handle?: Ref<LineChartHandle>;
}

export default function LineChart(props: LineChartProps) {
  const { label, lines, mode, log, smoothing, band, height, zoom, syncKey, onZoom, handle } = props;
  const { onShortcut } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const live = useRef<Live | null>(null);
  const [reading, setReading] = useState<CursorReading | null>(null);
  const [spoken, setSpoken] = useState("");
  const theme = useThemeVersion();

  const common = useMemo(() => unionX(lines), [lines]);
  const data = useMemo(
    () =>
      [
        common,
        ...lines.map((line) => align(common, line.xs, drawnValues(line, log))),
      ] as uPlot.AlignedData,
    [common, lines, log],
  );
  // uPlot is made anew only when its parts change; new data goes into the one that is there.
  const shape = lines
    .map((line) => `${line.id}:${line.style.slot}.${line.style.dash}:${line.xs.length <= 30}`)
    .join(" ");

  const next: Live = {
    scene: {
      lines,
      log,
      band,
      smoothing,
      xLabel: (x) =>
        mode === "step" || metricOf(mode) !== undefined
          ? tickLabel(Number(x.toPrecision(3)))
          : xLabel(mode, x),
      theme: live.current?.scene.theme ?? blank,
    },
    mode,
    common,
    x: zoom ?? xRange(lines) ?? [0, 1],
    y: yRange(zoom ? lines.map((line) => within(line, zoom)) : lines, log),
    onZoom: (from, to) => onZoom([from, to]),
    onReset: () => onZoom(null),
    onCursor: (u) => setReading(readAt(u, next, box.current?.matches(":hover, :focus") ?? false)),
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: everything else reaches the chart through `live`
  useEffect(() => {
    const host = box.current;
    if (!host) return;
    live.current = { ...next, scene: { ...next.scene, theme: readTheme(host) } };
    const size = { width: Math.max(120, host.clientWidth), height };
    const chart = new uPlot(chartOptions(live.current, size, syncKey), data, host);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      const width = host.clientWidth;
      if (width > 0 && Math.abs(width - chart.width) >= 1) chart.setSize({ width, height });
    });
    observer.observe(host);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape, log, mode, theme, syncKey, height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `next` is made of these
  useEffect(() => {
    const chart = plot.current;
    const current = live.current;
    if (!chart || !current) return;
    Object.assign(current, next, { scene: { ...next.scene, theme: current.scene.theme } });
    chart.setData(data, true);
  }, [data, lines, zoom, band, smoothing, log, mode]);
  useEffect(() => {
    if (live.current) Object.assign(live.current, { onZoom: next.onZoom, onReset: next.onReset });
  });

  useImperativeHandle(
    handle,
    () => ({
      png: (title) => toPng(plot.current, live.current, title),
      svg: (title) => plot.current && live.current && chartSvg(live.current, plot.current, title),
    }),
    [],
  );

  function moveTo(index: number) {
    const chart = plot.current;
    const x = common[Math.min(common.length - 1, Math.max(0, index))];
    if (!chart || x === undefined) return;
    chart.setCursor({ left: chart.valToPos(x, "x"), top: chart.over.clientHeight / 2 });
    const at = readAt(chart, next, true);
    setReading(at);
    if (at) setSpoken(`${at.x}: ${at.rows.map((row) => `${row.label} ${row.value}`).join(", ")}`);
  }

  function onKeyDown(event: KeyboardEvent) {
    const chart = plot.current;
    if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = reading ? nearestIndex(common, reading.at) : -1;
    const stride = event.shiftKey ? Math.max(1, Math.round(common.length / 20)) : 1;
    const [from, to] = next.x;
    const middle = reading?.at ?? (from + to) / 2;
    switch (event.key) {
      case "ArrowRight":
        moveTo(at < 0 ? 0 : at + stride);
        break;
      case "ArrowLeft":
        moveTo(at < 0 ? common.length - 1 : at - stride);
        break;
      case "Home":
        moveTo(0);
        break;
      case "End":
        moveTo(common.length - 1);
        break;
      case "+":
        onZoom([middle - (to - from) / 4, middle + (to - from) / 4]);
        break;
      case "-":
        onZoom(zoom ? [middle - (to - from), middle + (to - from)] : null);
        break;
      case "0":
        onZoom(null);
        break;
      case "l":
      case "s":
        if (!onShortcut) return;
        onShortcut(event.key);
        break;
      case "Escape":
        // Without a cursor to take away the key belongs to the dialog around the chart.
        if (!reading) return;
        setReading(null);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className={styles.frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would change the layout, and this is one picture */}
      <div
        ref={box}
        className={styles.plot}
        style={{ height }}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the cursor of the chart
        tabIndex={0}
        aria-roledescription="chart"
        aria-label={`${label}. Arrow keys move the cursor, plus and minus zoom, 0 shows everything, l is log scale, s is smoothing.`}
        onKeyDown={onKeyDown}
        onBlur={() => setReading(null)}
      />
      {reading?.own && <Tooltip reading={reading} />}
      <span className={styles.spoken} aria-live="polite">
        {spoken}
      </span>
    </div>
  );
}

const blank = {
  fg: "",
  fg2: "",
  bg: "",
  grid: "",
  line2: "",
  bad: "",
  accent: "",
  slots: [],
  font: "",
};

function toPng(chart: uPlot | null, live: Live | null, title: string): Promise<Blob | null> {
  if (!chart || !live) return Promise.resolve(null);
  const ratio = uPlot.pxRatio;
  const source = chart.ctx.canvas;
  const head = 28 * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height + head;
  const ctx = canvas.getContext("2d");
  if (!ctx) return Promise.resolve(null);
  const { theme } = live.scene;
  ctx.fillStyle = theme.bg;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = theme.fg;
  ctx.font = theme.font.replace("11px", `600 ${13 * ratio}px`);
  ctx.textBaseline = "middle";
  ctx.fillText(title, 12 * ratio, head / 2);
  ctx.drawImage(source, 0, head);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
