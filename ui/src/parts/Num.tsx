// A metric value: five significant digits, every digit on hover; NaN and infinities in red.
import type { MetricValue } from "../api/contract";
import { formatNumber, fullNumber, toNumber } from "./format";
import css from "./Num.module.css";

export function Num({ value }: { value: MetricValue | null | undefined }) {
  if (value === null || value === undefined) return <span className="muted">—</span>;
  const finite = Number.isFinite(toNumber(value));
  return (
    <span className={finite ? css.num : `${css.num} ${css.odd}`} title={fullNumber(value)}>
      {formatNumber(value)}
    </span>
  );
}
