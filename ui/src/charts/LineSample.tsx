// A short piece of a run's line, for legends: colour and dash as in the chart.
import { DASHES, type LineStyle, slotColour } from "./palette";

export function LineSample({ style }: { style: LineStyle }) {
  return (
    <svg width="22" height="10" aria-hidden="true">
      <line
        x1="0"
        x2="22"
        y1="5"
        y2="5"
        stroke={slotColour(style.slot)}
        strokeWidth="2.5"
        strokeDasharray={DASHES[style.dash]?.join(" ")}
      />
    </svg>
  );
}
