// Which events of the whole log belong to one experiment. Pure.
import type { LedgerEvent } from "../../api/contract";

/** The run that an event is about; undefined when it is about something else. */
export function runOfStream(stream: string | undefined): string | undefined {
  const [kind, first, second] = (stream ?? "").split("/");
  if (kind === "run") return first;
  // artifact/<experiment>/<run>/artifacts/<path>
  return kind === "artifact" ? second : undefined;
}

/**
 * The events of the experiment and of its runs. A run belongs to it when it is among `runIds` or
 * when its creation is among the events.
 */
export function ofExperiment(
  events: readonly LedgerEvent[],
  experimentId: string,
  runIds: ReadonlySet<string>,
): LedgerEvent[] {
  const created = new Set(
    events
      .filter(
        ({ kind, payload }) =>
          kind === "RunCreated" && String(payload.experiment_id) === experimentId,
      )
      .map(({ stream }) => runOfStream(stream)),
  );
  return events.filter(({ stream }) => {
    if (stream === `experiment/${experimentId}`) return true;
    const run = runOfStream(stream);
    return run !== undefined && (runIds.has(run) || created.has(run));
  });
}
