// The controls that all charts of a page share: filter, meaning of x, smoothing, band, common cursor.
import { useId } from "react";
import { Button, Segmented } from "../parts/Button";
import styles from "./ChartToolbar.module.css";
import { metricOf, overMetric, type XMode } from "./lines";
import type { ChartSettings } from "./settings";
import { XMetric } from "./XMetric";

const MODES: { value: XMode; label: string; title: string }[] = [
  { value: "step", label: "Step", title: "x is the step" },
  { value: "relative", label: "Relative", title: "x is the time since the run started" },
  { value: "wall", label: "Time", title: "x is the time of day" },
];

export function ChartToolbar({
  settings,
  metrics,
  onChange,
  children,
}: {
  settings: ChartSettings;
  /** What else can be x. */
  metrics: readonly string[];
  onChange: (change: Partial<ChartSettings>) => void;
  children?: React.ReactNode;
}) {
  const slider = useId();
  return (
    <div className={styles.bar}>
      <input
        type="search"
        className={styles.filter}
        aria-label="Filter metrics"
        placeholder="Filter metrics: loss|acc"
        value={settings.filter}
        onChange={(event) => onChange({ filter: event.target.value })}
      />
      {children}
      <span className={styles.xAxis}>
        <Segmented
          label="X axis"
          value={settings.mode}
          options={MODES}
          onChange={(mode) => onChange({ mode })}
        />
        <XMetric
          metrics={metrics}
          value={metricOf(settings.mode)}
          onChange={(metric) => onChange({ mode: overMetric(metric) })}
        />
      </span>
      <span className={styles.smooth}>
        <label htmlFor={slider}>Smoothing</label>
        <input
          id={slider}
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={settings.smoothing}
          onChange={(event) => onChange({ smoothing: Number(event.target.value) })}
        />
        <output htmlFor={slider}>{settings.smoothing.toFixed(2)}</output>
      </span>
      <Button
        aria-pressed={settings.band}
        title="The lowest and the highest value between two drawn points"
        onClick={() => onChange({ band: !settings.band })}
      >
        Min–max band
      </Button>
      <Button
        aria-pressed={settings.sync}
        title="The cursors of all charts move together"
        onClick={() => onChange({ sync: !settings.sync })}
      >
        Sync
      </Button>
    </div>
  );
}
