// Which colour and dash belongs to which run.
import { useContext } from "react";
import { Link } from "wouter";
import { LineSample } from "../../charts/LineSample";
import { Moment } from "../../charts/moment";
import { runPath } from "../runs/url-state";
import css from "./compare.module.css";
import type { ComparedRun } from "./run";

export function Legend({ runs }: { runs: readonly ComparedRun[] }) {
  const at = useContext(Moment);
  return (
    <ul className={css.legend} aria-label="Runs">
      {runs.map(({ detail, style }) => (
        <li key={detail.run.run_id}>
          <LineSample style={style} />
          <Link href={runPath(detail.run.run_id, at)}>{detail.run.name}</Link>
        </li>
      ))}
    </ul>
  );
}
