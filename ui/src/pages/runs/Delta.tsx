// A metric with its difference to the baseline: △ for more, ▽ for less, and a colour for better or worse.
import { createContext, useContext } from "react";
import type { MetricValue } from "../../api/contract";
import { formatNumber, fullNumber } from "../../parts/format";
import { Num } from "../../parts/Num";
import type { Column } from "./columns";
import css from "./Delta.module.css";
import { delta, metricColumn } from "./metric-column";
import type { Goals } from "./url-state";

export interface Baseline {
  runId: string;
  name: string;
  goals: Goals;
  /** By the column that the server was asked for. */
  values: ReadonlyMap<string, unknown>;
}

export const BaselineContext = createContext<Baseline | undefined>(undefined);

const words = { better: "better", worse: "worse", same: "" };

export function MetricCell({
  column,
  runId,
  value,
}: {
  column: Column;
  runId: string;
  value: MetricValue;
}) {
  const baseline = useContext(BaselineContext);
  const goal = baseline?.goals[metricColumn(column.id)?.key ?? ""];
  const found =
    baseline && runId !== baseline.runId
      ? delta(value, baseline.values.get(column.source), goal)
      : undefined;
  if (!baseline || !found) return <Num value={value} />;
  const sign = found.by > 0 ? "+" : "";
  const arrow = found.by > 0 ? "△" : found.by < 0 ? "▽" : "=";
  return (
    <span className={css.pair}>
      <Num value={value} />
      <span
        className={css[found.tone]}
        title={`${sign}${fullNumber(found.by)} against ${baseline.name}`}
      >
        {sign}
        {formatNumber(found.by, 3)} <span aria-hidden="true">{arrow}</span>
        <span className="visually-hidden">{words[found.tone]}</span>
      </span>
    </span>
  );
}
