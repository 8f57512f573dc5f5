// The models of a run, for its overview: what it produced and consumed, and the registered versions
// that came from it. A run without models shows nothing.
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import type { LoggedModel } from "../../api/models";
import { useChanges } from "../../api/stream";
import { ErrorBox } from "../../parts/ErrorBox";
import { Signal } from "../../parts/Status";
import { loggedModelRoute, versionRoute } from "./address";
import { statusLook } from "./logged";
import css from "./models.module.css";
import { Section } from "./parts";
import { loggedModelQuery, modelKeys, useRunLinks, useVersionsOfRun } from "./queries";
import { StageMark } from "./Stage";

/** A run that logs a model at each step has many; their page is the experiment's tab Models. */
const SHOWN = 20;

export default function RunModelList({ runId }: { runId: string }) {
  const links = useRunLinks(runId);
  const versions = useVersionsOfRun(runId);
  const client = useQueryClient();
  useChanges((change) => {
    // Points of metrics come often and say nothing about models.
    if (change.runs.some((run) => run.run_id === runId && run.kind !== "metrics"))
      void client.invalidateQueries({ queryKey: modelKeys.runLinks(runId) });
  });
  const outputs = [...new Set(links.data?.outputs)];
  const inputs = [...new Set(links.data?.inputs)];
  const registered = versions.data?.items ?? [];
  const error = links.error ?? versions.error;
  if (error)
    return (
      <ErrorBox
        what="The models of the run could not be loaded"
        error={error}
        retry={() => {
          void links.refetch();
          void versions.refetch();
        }}
      />
    );
  if (outputs.length + inputs.length + registered.length === 0) return null;
  return (
    <Section title="Models">
      {outputs.length > 0 && <Logged title="Produced" ids={outputs} />}
      {inputs.length > 0 && <Logged title="Used" ids={inputs} />}
      {registered.length > 0 && (
        <div>
          <h3>Registered versions</h3>
          <ul className={css.rows}>
            {registered.map((one) => (
              <li key={`${one.name}/${one.version}`}>
                <Link href={versionRoute(one.name, one.version)}>
                  {one.name} version {one.version}
                </Link>
                {one.current_stage !== "None" && <StageMark stage={one.current_stage} />}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
}

function Logged({ title, ids }: { title: string; ids: readonly string[] }) {
  const found = useQueries({ queries: ids.slice(0, SHOWN).map((id) => loggedModelQuery(id)) });
  return (
    <div>
      <h3>{title}</h3>
      <ul className={css.rows}>
        {found.map((query, index) => (
          <li key={ids[index]}>
            {query.data ? (
              <One model={query.data} />
            ) : (
              <span className="mono muted small" title={query.error?.message}>
                {ids[index]}
                {query.error && " (not found)"}
              </span>
            )}
          </li>
        ))}
        {ids.length > SHOWN && <li className="muted">and {ids.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}

function One({ model: { info } }: { model: LoggedModel }) {
  const look = statusLook(info.status);
  return (
    <>
      <Link href={loggedModelRoute(info.experiment_id, info.model_id)} title={info.model_id}>
        {info.name}
      </Link>
      {info.model_type && <span className="muted small">{info.model_type}</span>}
      {look.tone !== "ok" && <Signal tone={look.tone}>{look.word}</Signal>}
    </>
  );
}
