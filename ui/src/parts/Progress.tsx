// How much of something is done, as a bar and in percent; without its end, only how much there is.
import { formatBytes } from "./format";
import css from "./Progress.module.css";

/** Never says 100 % while something is missing. */
export function percent(part: number): string {
  const rounded = Math.round(part * 1000) / 10;
  return `${rounded === 100 && part < 1 ? 99.9 : rounded} %`;
}

export function ByteProgress({
  done,
  of,
  label,
}: {
  /** Bytes. */
  done: number;
  /** Bytes; null where it is not known how many there will be. */
  of: number | null;
  /** What this is the progress of. */
  label: string;
}) {
  if (of === null || of === 0) return <span className={css.text}>{formatBytes(done)} so far</span>;
  const part = Math.min(1, done / of);
  return (
    <span className={css.row}>
      <progress max={1} value={part} aria-label={label} />
      <span className={css.text}>
        {percent(part)} of {formatBytes(of)}
      </span>
    </span>
  );
}
