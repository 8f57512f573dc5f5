// Chooses a metric as the x axis. Of thousands the first are listed, and a search finds the rest.
import { useState } from "react";
import { formatCount } from "../parts/format";
import styles from "./ChartToolbar.module.css";
import { byName } from "./metrics";

const MOST = 300;

export function XMetric({
  metrics,
  value,
  onChange,
}: {
  metrics: readonly string[];
  /** The metric that is x now. */
  value: string | undefined;
  onChange: (metric: string) => void;
}) {
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const found = metrics.filter((one) => one.toLowerCase().includes(wanted));
  const listed = [...found].sort(byName).slice(0, MOST);
  // What is chosen stays in sight, whatever is searched for.
  if (value !== undefined && !listed.includes(value)) listed.unshift(value);
  return (
    <>
      <select
        className={styles.xMetric}
        aria-label="Metric as x axis"
        title="x is the value of another metric at the same step"
        data-chosen={value !== undefined || undefined}
        value={value ?? ""}
        onChange={(event) => event.target.value !== "" && onChange(event.target.value)}
      >
        {value === undefined && <option value="">Metric…</option>}
        {listed.map((metric) => (
          <option key={metric} value={metric}>
            {metric}
          </option>
        ))}
      </select>
      {metrics.length > MOST && (
        <input
          type="search"
          className={styles.xSearch}
          aria-label="Find a metric for the x axis"
          placeholder={`Search ${formatCount(metrics.length)} metrics`}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
    </>
  );
}
