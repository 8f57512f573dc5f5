// Runs side by side: which fields differ, how metrics stand against a baseline, and which is best. Pure.
import type { MetricSummary, MetricValue, RunDetail } from "../../api/contract";
import { byName } from "../../charts/metrics";
import { toNumber } from "../../parts/format";

export type Aggregate = "last" | "min" | "max";

export interface TextRow {
  key: string;
  values: (string | undefined)[];
  differs: boolean;
}

export interface MetricRow {
  key: string;
  values: (MetricValue | undefined)[];
  differs: boolean;
  /** The index of the best run, where the name tells what is better and one run stands out. */
  best: number | undefined;
}

function unionKeys(maps: readonly Record<string, unknown>[]): string[] {
  const keys = new Set<string>();
  for (const map of maps) for (const key of Object.keys(map)) keys.add(key);
  return [...keys].sort(byName);
}

export function textRows(maps: readonly Record<string, string>[]): TextRow[] {
  return unionKeys(maps).map((key) => {
    // Object.hasOwn, because a parameter may be called "constructor".
    const values = maps.map((map) => (Object.hasOwn(map, key) ? map[key] : undefined));
    return { key, values, differs: values.some((value) => value !== values[0]) };
  });
}

export function metricRows(runs: readonly RunDetail[], aggregate: Aggregate): MetricRow[] {
  const maps = runs.map(
    (run) => new Map(run.metrics.map((metric): [string, MetricSummary] => [metric.key, metric])),
  );
  const keys = new Set(runs.flatMap((run) => run.metrics.map((metric) => metric.key)));
  return [...keys].sort(byName).map((key) => {
    const values = maps.map((map) => map.get(key)?.[aggregate] ?? undefined);
    return {
      key,
      values,
      differs: values.some((value) => value !== values[0]),
      best: bestOf(values, directionOf(key)),
    };
  });
}

export type Direction = "up" | "down" | undefined;

const UP =
  /(^|[^a-z])(acc|accuracy|auc|auroc|auprc|f1|f1_score|precision|recall|map|r2|score|reward|bleu|rouge|iou|dice|throughput)([^a-z]|$)/i;
const DOWN =
  /(^|[^a-z])(loss|error|err|mse|rmse|mae|mape|nll|perplexity|ppl|wer|cer|fid|latency|bce)([^a-z]|$)/i;

/** Whether more or less of a metric is better, where its name says so and does not say both. */
export function directionOf(key: string): Direction {
  const up = UP.test(key);
  const down = DOWN.test(key);
  if (up === down) return undefined;
  return up ? "up" : "down";
}

function bestOf(
  values: readonly (MetricValue | undefined)[],
  direction: Direction,
): number | undefined {
  if (!direction) return undefined;
  const numbers = values.map((value) => (value === undefined ? Number.NaN : toNumber(value)));
  const finite = numbers.filter((number) => Number.isFinite(number));
  if (finite.length < 2) return undefined;
  const best = direction === "up" ? Math.max(...finite) : Math.min(...finite);
  // When all are equal nobody is best.
  if (finite.every((number) => number === best)) return undefined;
  return numbers.indexOf(best);
}

export interface Delta {
  text: string;
  sign: 1 | -1 | 0;
  /** Undefined where the name does not say what is better. */
  better: boolean | undefined;
}

/** The difference of a value from the baseline: in percent, or absolute when the baseline is zero. */
export function deltaOf(
  value: MetricValue | undefined,
  base: MetricValue | undefined,
  direction: Direction,
): Delta | undefined {
  if (value === undefined || base === undefined) return undefined;
  const from = toNumber(base);
  const difference = toNumber(value) - from;
  if (!Number.isFinite(difference)) return undefined;
  const sign = difference > 0 ? 1 : difference < 0 ? -1 : 0;
  const better = sign === 0 || !direction ? undefined : sign > 0 === (direction === "up");
  const size = Math.abs(difference);
  const text =
    from === 0
      ? Number(size.toPrecision(3)).toString()
      : `${percent((size / Math.abs(from)) * 100)} %`;
  return { text: sign === 0 ? "=" : `${sign > 0 ? "+" : "−"}${text}`, sign, better };
}

function percent(value: number): string {
  if (value >= 1e4) return value.toExponential(1).replace("e+", "e");
  if (value >= 100) return value.toFixed(0);
  return value >= 1 || value === 0 ? value.toFixed(1) : Number(value.toPrecision(2)).toString();
}
