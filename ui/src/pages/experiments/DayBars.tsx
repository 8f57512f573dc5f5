// Runs begun per day as bars, today at the right. The highest bar is the busiest day of this row.
import { formatCount } from "../../parts/format";
import css from "./DayBars.module.css";
import type { Days } from "./days";

const BAR = 6;
const STEP = 8;
const HEIGHT = 18;

export function DayBars({ days }: { days: Days | undefined }) {
  if (!days) return <span className="muted">—</span>;
  const most = Math.max(...days);
  const total = days.reduce((sum, count) => sum + count, 0);
  const today = days.at(-1) ?? 0;
  const label =
    `${formatCount(total)} runs begun in ${days.length} days, ${formatCount(today)} today, ` +
    `at most ${formatCount(most)} a day`;
  return (
    <svg
      className={css.bars}
      width={days.length * STEP - (STEP - BAR)}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {days.map((count, day) => {
        // A day with few runs beside one with thousands is still a day with runs.
        const height = count === 0 ? 1 : Math.max(2, Math.round((count / most) * HEIGHT));
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is the day
            key={day}
            className={count === 0 ? css.none : css.some}
            x={day * STEP}
            y={HEIGHT - height}
            width={BAR}
            height={height}
          />
        );
      })}
    </svg>
  );
}
