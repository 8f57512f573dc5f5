// One metric of some runs as a card: title, log scale, full screen, table, downloads, and the line chart itself, which
// fetches only while it is on screen.

import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { getPreferences } from "../app/theme";
import { ActionMenu } from "../parts/ActionMenu";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { ErrorBox } from "../parts/ErrorBox";
import { Icon } from "../parts/Icon";
import panel from "../parts/Panel.module.css";
import { toast } from "../parts/Toast";
import styles from "./ChartCard.module.css";
import { ChartTable } from "./ChartTable";
import { chartRows, csvText, download, fileName } from "./csv";
import { groupLines } from "./group";
import type { LineChartHandle } from "./LineChart";
import { hiddenByLog, metricOf, type XMode, xRange } from "./lines";
import { type ChartRun, useSeries } from "./useSeries";
import { useVisible } from "./useVisible";

const LineChart = lazy(() => import("./LineChart"));

export interface ChartCardProps {
  metric: string;
  runs: readonly ChartRun[];
  mode: XMode;
  smoothing: number;
  band: boolean;
  log: boolean;
  onLog: (log: boolean) => void;
  /** Turns smoothing off, or on again. */
  onSmooth: () => void;
  syncKey?: string | undefined;
}

const HEIGHT = 200;
function nothing(mode: XMode): string {
  const over = metricOf(mode);
  return over === undefined ? "No points yet" : `No points at or after the first value of ${over}`;
}

const UNDRAWN = "The chart is not drawn, so there is no picture to save";
/** The server sends at most this many of each. */
const MARKS = 200;

export function ChartCard(props: ChartCardProps) {
  const [full, setFull] = useState(false);
  return (
    <>
      <section
        className={`${panel.card} ${styles.card}`}
        aria-label={props.metric}
        data-metric={props.metric}
      >
        <ChartBody {...props} height={HEIGHT} onFull={() => setFull(true)} />
      </section>
      {full && (
        <Dialog title={props.metric} onClose={() => setFull(false)}>
          <div className={styles.full}>
            <ChartBody
              {...props}
              syncKey={undefined}
              height={Math.max(260, Math.round(innerHeight * 0.62))}
            />
          </div>
        </Dialog>
      )}
    </>
  );
}

interface BodyProps extends ChartCardProps {
  height: number;
  onFull?: () => void;
}

function ChartBody(props: BodyProps) {
  const { metric, runs, mode, smoothing, band, log, onLog, syncKey, height, onFull } = props;
  const { onSmooth } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<LineChartHandle>(null);
  const { visible, width } = useVisible(box);
  // A range belongs to one meaning of x; after a change of it the old numbers would mean something else.
  const [zoomed, setZoom] = useState<{ mode: XMode; range: [number, number] } | null>(null);
  const zoom = zoomed?.mode === mode ? zoomed.range : null;
  const [table, setTable] = useState(false);
  const data = useSeries(runs, metric, mode, zoom, width, visible, smoothing);
  // Table and CSV keep every run; only the drawing takes many together.
  const drawn = useMemo(() => groupLines(data.lines), [data.lines]);
  const hidden = log ? hiddenByLog(data.lines) : 0;
  const crowded = data.lines.some((line) => Math.max(line.nans.length, line.infs.length) >= MARKS);
  const empty = !data.pending && xRange(data.lines) === null;

  async function savePng() {
    const png = await chart.current?.png(metric);
    if (png) download(`${fileName(metric)}.png`, png);
    else toast({ message: UNDRAWN, tone: "bad" });
  }
  function saveSvg() {
    const svg = chart.current?.svg(metric);
    if (svg) download(`${fileName(metric)}.svg`, new Blob([svg], { type: "image/svg+xml" }));
    else toast({ message: UNDRAWN, tone: "bad" });
  }

  return (
    <>
      <header className={styles.head}>
        {onFull ? (
          <h2 className={styles.title} title={metric}>
            {metric}
          </h2>
        ) : (
          <span className={styles.title} />
        )}
        <span className={styles.tools}>
          {zoom && (
            <Button
              size="small"
              onClick={() => setZoom(null)}
              aria-label={`${metric}: show everything`}
            >
              Reset zoom
            </Button>
          )}
          <Button
            size="small"
            aria-pressed={log}
            aria-label={`${metric}: log scale`}
            onClick={() => onLog(!log)}
          >
            log
          </Button>
          {onFull && (
            <Button
              size="small"
              kind="quiet"
              aria-label={`${metric}: full screen`}
              title="Full screen"
              onClick={onFull}
            >
              <Icon name="external" size={14} />
            </Button>
          )}
          <ActionMenu
            label={`${metric}: more`}
            items={[
              { label: table ? "Show as chart" : "Show as table", run: () => setTable(!table) },
              {
                label: "Download CSV",
                run: () =>
                  download(
                    `${fileName(metric)}.csv`,
                    new Blob([csvText(chartRows(data.lines, mode))], { type: "text/csv" }),
                  ),
              },
              { label: "Download PNG", disabled: table || empty, run: () => void savePng() },
              { label: "Download SVG", disabled: table || empty, run: saveSvg },
            ]}
          />
        </span>
      </header>
      <div
        ref={box}
        className={styles.body}
        style={{ minHeight: height }}
        aria-busy={data.busy || data.pending}
      >
        {data.busy && <div className={styles.busy} />}
        {data.error ? (
          <ErrorBox what={`${metric} could not be loaded`} error={data.error} retry={data.retry} />
        ) : !visible || data.pending ? null : empty ? (
          <p className={styles.none}>{zoom ? "No points in this range" : nothing(mode)}</p>
        ) : table ? (
          <ChartTable label={metric} lines={data.lines} mode={mode} height={height} />
        ) : (
          <Suspense fallback={null}>
            <LineChart
              handle={chart}
              label={`${metric}, ${runs.length === 1 ? "1 run" : `${runs.length} runs`}`}
              lines={drawn.lines}
              mode={mode}
              log={log}
              smoothing={smoothing}
              band={band}
              height={height}
              zoom={zoom}
              onShortcut={
                // In full size the chart is in a dialog, where the keys of the page are off.
                onFull || !getPreferences().shortcuts
                  ? undefined
                  : (key) => (key === "l" ? onLog(!log) : onSmooth())
              }
              onZoom={(range) => setZoom(range && { mode, range })}
              syncKey={syncKey}
            />
          </Suspense>
        )}
      </div>
      {drawn.grouped > 0 && (
        <p className={styles.said}>
          {drawn.lines.length - 1} runs have their own line; the other {drawn.grouped} are one line,
          their mean, with a band from the lowest to the highest of them.
        </p>
      )}
      {hidden > 0 && (
        <p className={styles.note}>{hidden} values of 0 or less are not drawn on a log scale</p>
      )}
      {crowded && (
        <p className={styles.note}>Only the first {MARKS} NaN and infinities of a run are marked</p>
      )}
    </>
  );
}
