// The facts of a version: when, from which run and model, stage and status.
import { Link } from "wouter";
import type { ModelVersion } from "../../api/models";
import { useRun } from "../../api/queries";
import { Copy } from "../../parts/Copy";
import { formatDateTime } from "../../parts/format";
import { Signal } from "../../parts/Status";
import { loggedModelRoute, versionRoute } from "./address";
import { statusLook } from "./logged";
import css from "./models.module.css";
import { Section } from "./parts";
import { useLoggedModel } from "./queries";
import { StageButton, StageMark } from "./Stage";
import { versionOfSource } from "./source";
import { useFilePlace } from "./useFilePlace";

/** A link to a run by its name; by its id while that is not known. */
export function RunLink({ runId }: { runId: string }) {
  const run = useRun(runId);
  return (
    <Link href={`/runs/${encodeURIComponent(runId)}`} title={runId}>
      {run.data?.run.name || <span className="mono">{runId.slice(0, 8)}</span>}
    </Link>
  );
}

/** Where the version came from, as far as there is a page for it. */
function Origin({ version }: { version: ModelVersion }) {
  const { place } = useFilePlace(version);
  const logged = useLoggedModel(place?.kind === "logged" ? place.modelId : undefined);
  const copied = versionOfSource(version.source ?? "");
  return (
    <>
      {copied && (
        <>
          <dt>Copied from</dt>
          <dd>
            <Link href={versionRoute(copied.name, copied.version)}>
              {copied.name} version {copied.version}
            </Link>
          </dd>
        </>
      )}
      {logged.data && (
        <>
          <dt>Logged model</dt>
          <dd>
            <Link
              href={loggedModelRoute(logged.data.info.experiment_id, logged.data.info.model_id)}
            >
              {logged.data.info.name}
            </Link>
          </dd>
        </>
      )}
      <dt>Source</dt>
      <dd className="mono small">
        {version.source || "—"} {version.source && <Copy text={version.source} />}
      </dd>
    </>
  );
}

export function VersionAbout({ version, prompt }: { version: ModelVersion; prompt: boolean }) {
  const look = statusLook(version.status);
  return (
    <Section title="About">
      <dl className={css.about}>
        <dt>Status</dt>
        <dd>
          <Signal tone={look.tone}>{look.word}</Signal> {version.status_message}
        </dd>
        <dt>Created</dt>
        <dd>{formatDateTime(version.creation_timestamp)}</dd>
        <dt>Updated</dt>
        <dd>{formatDateTime(version.last_updated_timestamp)}</dd>
        {!prompt && (
          <>
            <dt>Stage</dt>
            <dd>
              <StageMark stage={version.current_stage} /> <StageButton version={version} />
            </dd>
            <dt>Source run</dt>
            <dd>{version.run_id ? <RunLink runId={version.run_id} /> : "—"}</dd>
            <Origin version={version} />
          </>
        )}
      </dl>
    </Section>
  );
}
