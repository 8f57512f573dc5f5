// The events of the run as the log has them.
import { useState } from "react";
import type { LedgerEvent } from "../../api/contract";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatDateTime } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import css from "./RawEvents.module.css";
import { useRunEvents } from "./TimelineTab";

export default function RawEventsTab({ runId }: { runId: string }) {
  const pages = useRunEvents(runId);
  if (pages.pending) return <Skeleton lines={8} label="Loading events" />;
  if (pages.error && pages.events.length === 0)
    return (
      <ErrorBox what="The events could not be loaded" error={pages.error} retry={pages.retry} />
    );
  return (
    <div className={css.list}>
      {pages.events.map((event) => (
        <RawEvent key={event.position} event={event} />
      ))}
      {pages.more && (
        <Button onClick={pages.loadMore} disabled={pages.loadingMore}>
          {pages.loadingMore ? "Loading…" : "Older events"}
        </Button>
      )}
    </div>
  );
}

function RawEvent({ event }: { event: LedgerEvent }) {
  const [open, setOpen] = useState(false);
  const json = JSON.stringify(event, null, 2);
  return (
    <details className={css.event} onToggle={(toggle) => setOpen(toggle.currentTarget.open)}>
      <summary>
        <span className="mono muted">#{event.position}</span>
        <strong>{event.kind}</strong>
        <span className={css.preview}>{JSON.stringify(event.payload)}</span>
        <time className="mono muted" dateTime={new Date(event.at).toISOString()}>
          {formatDateTime(event.at)}
        </time>
      </summary>
      {open && (
        <div className={css.json}>
          <pre>{json}</pre>
          <Copy text={json} label="Copy" />
        </div>
      )}
    </details>
  );
}
