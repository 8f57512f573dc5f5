// What happened to the run, in words, and the way back to any moment of it.
import { useState } from "react";
import type { Milestone } from "../../api/contract";
import { fetchRunEvents, keys } from "../../api/queries";
import { byName } from "../../charts/metrics";
import { Button, Segmented } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { type EventGroup, groupEvents } from "../activity/describe";
import { EventList } from "../activity/EventList";
import { withGaps } from "../activity/gaps";
import { useEventPages } from "../activity/useEventPages";
import { PastSlider } from "./PastSlider";
import css from "./run.module.css";

type Kind = "all" | Extract<EventGroup, "run" | "params" | "metrics" | "tags" | "artifacts">;

const KINDS: { value: Kind; label: string }[] = [
  { value: "all", label: "All" },
  { value: "run", label: "Run" },
  { value: "params", label: "Parameters" },
  { value: "metrics", label: "Metrics" },
  { value: "tags", label: "Tags" },
  { value: "artifacts", label: "Artifacts" },
];

export default function TimelineTab({
  runId,
  asOf,
  onMoment,
}: {
  runId: string;
  /** The last event that counts, where the page shows the past. */
  asOf: Milestone | undefined;
  onMoment: (at: number | undefined) => void;
}) {
  const [kind, setKind] = useState<Kind>("all");
  const pages = useRunEvents(runId);
  const [actor, setActor] = useState("");
  const actors = [...new Set(pages.events.map((event) => event.actor))].sort(byName);
  // Silence is that of the run, so it is looked for before anything is left out.
  const rows = withGaps(groupEvents(pages.events)).filter(
    (row) =>
      (kind === "all" || row.described.group === kind) &&
      (actor === "" || row.event.actor === actor),
  );
  if (pages.pending) return <Skeleton lines={8} label="Loading events" />;
  if (pages.error && pages.events.length === 0)
    return (
      <ErrorBox what="The events could not be loaded" error={pages.error} retry={pages.retry} />
    );
  return (
    <div className={css.charts}>
      <PastSlider runId={runId} shownAt={asOf?.at} onMove={onMoment} />
      <div className={css.filters}>
        <div className={css.scrollX}>
          <Segmented label="Kind of event" value={kind} options={KINDS} onChange={setKind} />
        </div>
        {actors.length > 1 && (
          <select
            aria-label="Who did it"
            value={actor}
            onChange={(event) => setActor(event.target.value)}
          >
            <option value="">By anybody</option>
            {actors.map((one) => (
              <option key={one} value={one}>
                {one || "unknown"}
              </option>
            ))}
          </select>
        )}
      </div>
      {rows.length === 0 ? (
        <EmptyState
          title={
            pages.more ? "None among the events loaded so far" : "Nothing of this kind happened"
          }
        />
      ) : (
        <EventList rows={rows} moment={asOf?.position} onMoment={onMoment} />
      )}
      {pages.more && (
        <Button onClick={pages.loadMore} disabled={pages.loadingMore}>
          {pages.loadingMore ? "Loading…" : "Older events"}
        </Button>
      )}
    </div>
  );
}

/** The events of a run, shared by the timeline and the raw view. */
export function useRunEvents(runId: string) {
  return useEventPages(
    keys.runEvents(runId),
    (before, signal) => fetchRunEvents(runId, before, 100, signal),
    2000,
  );
}
