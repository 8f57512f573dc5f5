// What happened in one experiment: its own events and those of its runs, picked from the log of the
// whole server, newest first. The log is read in pieces, so the tab says how far back it looked.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Experiment } from "../../api/contract";
import { fetchEvents, fetchRuns, keys } from "../../api/queries";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount, formatDateTime } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import css from "../activity/activity.module.css";
import { ofExperiment, runOfStream } from "../activity/concerns";
import { groupEvents } from "../activity/describe";
import { EventList } from "../activity/EventList";
import { useEventPages } from "../activity/useEventPages";

const PAGE = 200;
/** The server gives at most so many rows at once. */
const RUNS = 500;
/** Looks back by itself until there is something to read, but not through the whole log. */
const ENOUGH_EVENTS = 30;
const PAGES_BY_ITSELF = 5;

/** The newest runs of the experiment, deleted ones too: their ids and names. */
function useKnownRuns(experimentId: string) {
  return useQuery({
    queryKey: [...keys.runs, "known", experimentId],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: [experimentId],
          filter: "",
          order_by: ["attributes.start_time DESC"],
          view: "all",
          columns: [],
          offset: 0,
          limit: RUNS,
        },
        signal,
      ),
  });
}

export default function ActivityTab({ experiment }: { experiment: Experiment }) {
  const id = experiment.experiment_id;
  const known = useKnownRuns(id);
  const pages = useEventPages(
    [...keys.events, "experiment"],
    (before, signal) => fetchEvents(before, PAGE, undefined, signal),
    1000,
  );
  const names = useMemo(
    () => new Map(known.data?.rows.map((row) => [row.run_id, row.name])),
    [known.data],
  );
  const mine = useMemo(
    () => ofExperiment(pages.events, id, new Set(names.keys())),
    [pages.events, id, names],
  );

  // One step back at a time; what was asked for with the button does not count.
  const [steps, setSteps] = useState(0);
  const goOn =
    known.isSuccess &&
    !pages.pending &&
    pages.more &&
    !pages.loadingMore &&
    !pages.error &&
    mine.length < ENOUGH_EVENTS &&
    steps < PAGES_BY_ITSELF;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new function with every rendering
  useEffect(() => {
    if (!goOn) return;
    setSteps((now) => now + 1);
    pages.loadMore();
  }, [goOn]);

  const error = known.error ?? pages.error;
  if (error && mine.length === 0)
    return (
      <ErrorBox
        what="The events could not be loaded"
        error={error}
        retry={() => {
          void known.refetch();
          pages.retry();
        }}
      />
    );
  if (known.isPending || pages.pending) return <Skeleton lines={10} label="Loading events" />;

  const oldest = pages.events.at(-1);
  const cut = known.data ? known.data.total - known.data.rows.length : 0;
  const limits = [
    pages.more && oldest
      ? `among the latest ${formatCount(pages.events.length)} events of the server, back to ${formatDateTime(oldest.at)}`
      : "",
    cut > 0 ? `of the newest ${formatCount(RUNS)} runs` : "",
  ].filter(Boolean);
  return (
    <div className={css.page}>
      {limits.length > 0 && (
        <p className="muted small" role="note">
          Only what concerns this experiment {limits.join(" and ")}.
        </p>
      )}
      {mine.length === 0 ? (
        <EmptyState title={pages.more ? "Nothing lately" : "Nothing has happened yet"} />
      ) : (
        <EventList
          rows={groupEvents(mine)}
          subjects
          nameOf={(stream) => names.get(runOfStream(stream) ?? "")}
        />
      )}
      {pages.more && (
        <span>
          <Button onClick={pages.loadMore} disabled={pages.loadingMore}>
            {pages.loadingMore ? "Loading…" : "Look further back"}
          </Button>
        </span>
      )}
    </div>
  );
}
