// What happened lately on the whole server, newest first; points of metrics are left out by the server.
import { useSearchParams } from "wouter";
import { fetchEvents, keys } from "../../api/queries";
import { usePage } from "../../app/page";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import css from "./activity.module.css";
import { groupEvents } from "./describe";
import { EventList } from "./EventList";
import { useEventPages } from "./useEventPages";

export const KINDS = [
  "RunCreated",
  "RunUpdated",
  "RunDeleted",
  "RunRestored",
  "ParamsLogged",
  "TagsSet",
  "TagDeleted",
  "InputsLogged",
  "OutputsLogged",
  "ArtifactStaged",
  "ArtifactStored",
  "ArtifactUploaded",
  "ArtifactUploadFailed",
  "ArtifactUploadRetried",
  "ArtifactDeleted",
  "ExperimentCreated",
  "ExperimentRenamed",
  "ExperimentTagsSet",
  "ExperimentDeleted",
  "ExperimentRestored",
] as const;

export default function ActivityPage() {
  usePage("Activity", [{ label: "Activity" }]);
  const [params, setParams] = useSearchParams();
  const kind = params.get("kind") ?? "";
  const pages = useEventPages(
    [...keys.events, "activity", kind],
    (before, signal) => fetchEvents(before, 100, kind || undefined, signal),
    1000,
  );
  const rows = groupEvents(pages.events);
  return (
    <div className={css.page}>
      <div className={css.bar}>
        <h1>Activity</h1>
        <KindSelect
          kind={kind}
          onChange={(next) => setParams(next ? { kind: next } : {}, { replace: true })}
        />
      </div>
      {pages.pending ? (
        <Skeleton lines={10} label="Loading events" />
      ) : pages.error && rows.length === 0 ? (
        <ErrorBox what="The events could not be loaded" error={pages.error} retry={pages.retry} />
      ) : rows.length === 0 ? (
        <EmptyState title="Nothing has happened yet">
          Everything that is logged to this server appears here.
        </EmptyState>
      ) : (
        <>
          <EventList rows={rows} subjects />
          {pages.more && (
            <Button onClick={pages.loadMore} disabled={pages.loadingMore}>
              {pages.loadingMore ? "Loading…" : "Older events"}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

export function KindSelect({ kind, onChange }: { kind: string; onChange: (kind: string) => void }) {
  return (
    <select
      aria-label="Kind of event"
      value={kind}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">All kinds</option>
      {KINDS.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}
