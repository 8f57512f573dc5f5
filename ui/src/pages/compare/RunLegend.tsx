// The colours of runs in plots of points, which have no dashes.
import { Link } from "wouter";
import { slotColour } from "../../charts/palette";
import css from "./compare.module.css";
import type { ComparedRun } from "./run";

export function RunLegend({
  runs,
  onActive,
}: {
  runs: readonly ComparedRun[];
  /** Called with the run under the pointer or with the focus. */
  onActive?: (runId: string | null) => void;
}) {
  return (
    <ul className={css.legend} aria-label="Runs">
      {runs.map(({ detail, style }) => (
        <li key={detail.run.run_id}>
          <span className={css.swatch} style={{ background: slotColour(style.slot) }} />
          <Link
            href={`/runs/${detail.run.run_id}`}
            onMouseEnter={() => onActive?.(detail.run.run_id)}
            onMouseLeave={() => onActive?.(null)}
            onFocus={() => onActive?.(detail.run.run_id)}
            onBlur={() => onActive?.(null)}
          >
            {detail.run.name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
