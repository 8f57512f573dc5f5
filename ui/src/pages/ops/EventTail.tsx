// The end of the log as it grows. Pausing keeps what is shown, so that it can be read.

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import type { LedgerEvent } from "../../api/contract";
import { fetchEvents, fetchRunEvents, keys } from "../../api/queries";
import { Button, Segmented } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatClock } from "../../parts/format";
import panel from "../../parts/Panel.module.css";
import { Skeleton } from "../../parts/Skeleton";
import { KindSelect } from "../activity/ActivityPage";
import { describe, subjectOf } from "../activity/describe";
import { useEventPages } from "../activity/useEventPages";
import css from "./ops.module.css";

const SHOWN = 500;

export default function EventTail() {
  const [params, setParams] = useSearchParams();
  const kind = params.get("kind") ?? "";
  const run = (params.get("run") ?? "").trim();
  function set(key: string, value: string) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        if (value === "") next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true },
    );
  }
  const [follow, setFollow] = useState<"follow" | "pause">("follow");
  const pages = useEventPages(
    [...keys.events, "tail", kind, run],
    (before, signal) =>
      run === ""
        ? fetchEvents(before, 100, kind || undefined, signal)
        : fetchRunEvents(run, before, 100, signal, kind || undefined),
    500,
    follow === "follow",
  );
  function choose(next: "follow" | "pause") {
    setFollow(next);
    // What came during the pause is fetched at once.
    if (next === "follow") pages.retry();
  }
  return (
    <div className={css.tail}>
      <div className={css.sectionHead}>
        <KindSelect kind={kind} onChange={(next) => set("kind", next)} />
        <input
          type="search"
          className={css.ofRun}
          aria-label="Only events of the run"
          placeholder="Run id"
          spellCheck={false}
          value={params.get("run") ?? ""}
          onChange={(event) => set("run", event.target.value)}
        />
        <Segmented
          label="Live"
          value={follow}
          onChange={choose}
          options={[
            { value: "follow", label: "Follow" },
            { value: "pause", label: "Pause" },
          ]}
        />
      </div>
      {pages.pending ? (
        <Skeleton lines={10} />
      ) : pages.error && pages.events.length === 0 ? (
        <ErrorBox what="The events could not be loaded" error={pages.error} retry={pages.retry} />
      ) : pages.events.length === 0 ? (
        <EmptyState title="No events" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className={`${panel.frame} ${css.log}`} aria-label="Events" tabIndex={0}>
          <table>
            <thead className="visually-hidden">
              <tr>
                <th scope="col">Position</th>
                <th scope="col">Time</th>
                <th scope="col">Kind</th>
                <th scope="col">Subject</th>
                <th scope="col">What</th>
                <th scope="col">Actor</th>
              </tr>
            </thead>
            <tbody>
              {pages.events.slice(0, SHOWN).map((event) => (
                <Line key={event.position} event={event} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {pages.more && pages.events.length < SHOWN && (
        <Button onClick={pages.loadMore} disabled={pages.loadingMore}>
          {pages.loadingMore ? "Loading…" : "Older events"}
        </Button>
      )}
    </div>
  );
}

function Line({ event }: { event: LedgerEvent }) {
  const subject = subjectOf(event.stream);
  const { title, details, bad } = describe(event);
  const values = details
    .slice(0, 3)
    .map((detail) => `${detail.label} = ${detail.after ?? ""}`)
    .join(", ");
  return (
    <tr className={bad ? css.badLine : undefined}>
      <td className="muted">{event.position}</td>
      <td>{formatClock(event.at)}</td>
      <td>{event.kind}</td>
      <td>{subject && <Link href={subject.to}>{subject.label}</Link>}</td>
      <td className={css.what} title={values}>
        {title}
        {values && <span className="muted"> {values}</span>}
      </td>
      <td className="muted">{event.actor}</td>
    </tr>
  );
}
