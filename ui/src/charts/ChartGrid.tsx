// Many charts of the same runs. A card is made when it comes near the screen, so a run with thousands of metrics opens as
// fast as one with ten.
import { useRef, useState } from "react";
import { useKeys } from "../app/keyboard";
import { useCut } from "../parts/useCut";
import { ChartCard } from "./ChartCard";
import styles from "./ChartCard.module.css";
import type { ChartSettings } from "./settings";
import { type ChartRun, useLiveSeries } from "./useSeries";
import { useVisible } from "./useVisible";

export interface ChartGridProps {
  metrics: readonly string[];
  runs: readonly ChartRun[];
  settings: ChartSettings;
  onChange: (change: Partial<ChartSettings>) => void;
  /** Charts with the same key move their cursors together, where that is wanted. */
  syncKey: string;
}

export function ChartGrid({ metrics, runs, settings, onChange, syncKey }: ChartGridProps) {
  const { shown, more } = useCut(metrics, CARDS);
  useLiveSeries(runs.map((run) => run.runId));
  function setLog(metric: string, log: boolean) {
    const next = new Set(settings.log);
    if (log) next.add(metric);
    else next.delete(metric);
    onChange({ log: next });
  }
  const smoothing = useRef(SMOOTHING);
  // One setting for all charts of a page, like its slider: curves that are compared are smoothed alike.
  function toggleSmoothing() {
    if (settings.smoothing > 0) smoothing.current = settings.smoothing;
    onChange({ smoothing: settings.smoothing > 0 ? 0 : smoothing.current });
  }
  useKeys({
    l: () => {
      const metric = focusedMetric();
      if (metric !== undefined) setLog(metric, !settings.log.has(metric));
    },
    s: () => {
      if (focusedMetric() !== undefined) toggleSmoothing();
    },
  });
  return (
    <div className={styles.cards}>
      {shown.map((metric) => (
        <Cell key={metric}>
          <ChartCard
            metric={metric}
            runs={runs}
            mode={settings.mode}
            smoothing={settings.smoothing}
            band={settings.band}
            log={settings.log.has(metric)}
            onLog={(log) => setLog(metric, log)}
            onSmooth={toggleSmoothing}
            syncKey={settings.sync ? syncKey : undefined}
          />
        </Cell>
      ))}
      {more}
    </div>
  );
}

/** Places for charts before one asks for more. */
const CARDS = 600;

/** What the key for smoothing turns on when nothing was chosen before. */
const SMOOTHING = 0.6;

/** The metric of the chart that has the focus, or in which something has it. */
function focusedMetric(): string | undefined {
  const card = document.activeElement?.closest<HTMLElement>("[data-metric]");
  return card?.dataset.metric;
}

function Cell({ children }: { children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const { visible } = useVisible(box);
  const [made, setMade] = useState(false);
  if (visible && !made) setMade(true);
  return (
    <div ref={box} className={styles.cell}>
      {made && children}
    </div>
  );
}
