// Which colour and dash belongs to which run.
import { Link } from "wouter";
import { LineSample } from "../../charts/LineSample";
import css from "./compare.module.css";
import type { ComparedRun } from "./run";

export function Legend({ runs }: { runs: readonly ComparedRun[] }) {
  return (
    <ul className={css.legend} aria-label="Runs">
      {runs.map(({ detail, style }) => (
        <li key={detail.run.run_id}>
          <LineSample style={style} />
          <Link href={`/runs/${detail.run.run_id}`}>{detail.run.name}</Link>
        </li>
      ))}
    </ul>
  );
}
