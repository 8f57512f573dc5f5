// The first tab of a run: notes, metric values, parameters, tags, datasets, and where things are.
import type { RunDetail } from "../../api/contract";
import { Chip } from "../../parts/Chip";
import { Copy } from "../../parts/Copy";
import { formatDateTime } from "../../parts/format";
import { isVisibleTag } from "../../parts/tags";
import { RunModels } from "../models/RunModels";
import { KeyValues } from "./KeyValues";
import { MetricValues } from "./MetricValues";
import { NOTE_TAG, Notes } from "./Notes";
import css from "./run.module.css";
import { Tags } from "./Tags";

export default function OverviewTab({ detail }: { detail: RunDetail }) {
  const { run, tags } = detail;
  const fixed = run.deleted || detail.as_of !== undefined;
  const own = Object.entries(tags).filter(([key]) => isVisibleTag(key));
  const system = Object.entries(tags).filter(
    ([key]) => key.startsWith("mlflow.") && key !== NOTE_TAG,
  );
  return (
    <div className={css.overview}>
      <div className={css.main}>
        <Notes runId={run.run_id} note={tags[NOTE_TAG] ?? ""} fixed={fixed} />
        <MetricValues metrics={detail.metrics} runId={run.run_id} />
        <KeyValues title="Parameters" one="parameter" entries={Object.entries(detail.params)} />
      </div>
      <div className={css.aside}>
        <section aria-label="About">
          <h2>About</h2>
          <dl className={css.about}>
            <dt>Started</dt>
            <dd>{formatDateTime(run.start)}</dd>
            <dt>Ended</dt>
            <dd>{run.end === null ? "—" : formatDateTime(run.end)}</dd>
            <dt>User</dt>
            <dd>{run.user || "—"}</dd>
            {tags["mlflow.source.name"] && (
              <>
                <dt>Source</dt>
                <dd className="mono">{tags["mlflow.source.name"]}</dd>
              </>
            )}
            {tags["mlflow.source.git.commit"] && (
              <>
                <dt>Commit</dt>
                <dd className="mono">
                  {tags["mlflow.source.git.commit"].slice(0, 12)}{" "}
                  <Copy text={tags["mlflow.source.git.commit"]} />
                </dd>
              </>
            )}
            <dt>Artifacts</dt>
            <dd className="mono small">
              {run.artifact_uri} <Copy text={run.artifact_uri} />
            </dd>
          </dl>
        </section>
        <section aria-label="Datasets">
          <h2>Datasets</h2>
          {detail.datasets.length === 0 ? (
            <p className="muted">None was logged.</p>
          ) : (
            <ul className={css.datasets}>
              {detail.datasets.map((dataset) => (
                <li key={`${dataset.name} ${dataset.digest} ${dataset.context}`}>
                  <strong>{dataset.name}</strong>
                  <span className="mono muted">{dataset.digest}</span>
                  {dataset.context && <Chip>{dataset.context}</Chip>}
                </li>
              ))}
            </ul>
          )}
        </section>
        <RunModels runId={run.run_id} />
        <Tags runId={run.run_id} entries={own} fixed={fixed} />
        {system.length > 0 && (
          <details>
            <summary>Tags of the client ({system.length})</summary>
            <KeyValues title="" one="tag" entries={system} />
          </details>
        )}
      </div>
    </div>
  );
}
