// Events for people: one row per event or group, with what changed.

import { useState } from "react";
import { Link } from "wouter";
import { Button } from "../../parts/Button";
import { formatCount, formatDuration } from "../../parts/format";
import { Icon, type IconName } from "../../parts/Icon";
import panel from "../../parts/Panel.module.css";
import { Time } from "../../parts/Time";
import css from "./activity.module.css";
import { type EventGroup, type EventRow, subjectOf } from "./describe";

const ICONS: Record<EventGroup, IconName> = {
  run: "flask",
  params: "columns",
  metrics: "chart",
  tags: "pin",
  artifacts: "file",
  inputs: "folder",
  experiment: "experiments",
  other: "activity",
};

export function EventList({
  rows,
  subjects = false,
  nameOf,
  moment,
  onMoment,
}: {
  rows: readonly EventRow[];
  subjects?: boolean;
  /** A better name for the subject than its id, where one is known. */
  nameOf?: (stream: string | undefined) => string | undefined;
  /** The position at which the page stands; what came later has not happened there. */
  moment?: number | undefined;
  /** Takes the page to a position. */
  onMoment?: (position: number) => void;
}) {
  return (
    <ol className={`${panel.frame} ${css.list}`}>
      {rows.map((row) => (
        <Row
          key={row.event.position}
          row={row}
          subjects={subjects}
          nameOf={nameOf}
          later={moment !== undefined && row.event.position > moment}
          onMoment={onMoment}
        />
      ))}
    </ol>
  );
}

const SHOWN = 6;

function Row({
  row,
  subjects,
  nameOf,
  later,
  onMoment,
}: {
  row: EventRow;
  subjects: boolean;
  nameOf: ((stream: string | undefined) => string | undefined) | undefined;
  later: boolean;
  onMoment: ((position: number) => void) | undefined;
}) {
  const [all, setAll] = useState(false);
  const { described, event, events } = row;
  const subject = subjects ? subjectOf(event.stream) : null;
  const details = all ? described.details : described.details.slice(0, SHOWN);
  const rest = described.details.length - details.length;
  return (
    <li className={later ? `${css.row} ${css.later}` : css.row}>
      <span className={described.bad ? `${css.icon} ${css.bad}` : css.icon}>
        <Icon name={described.bad ? "warning" : ICONS[described.group]} />
      </span>
      <div className={css.what}>
        <div className={css.title}>
          <span>{described.title}</span>
          {subject && <Link href={subject.to}>{nameOf?.(event.stream) || subject.label}</Link>}
        </div>
        {details.length > 0 && (
          <dl className={css.details}>
            {details.map((detail) => (
              <div key={detail.label}>
                <dt>{detail.label}</dt>
                <dd>
                  {detail.before !== undefined && (
                    <>
                      <del>{detail.before}</del>
                      <span aria-hidden="true"> → </span>
                    </>
                  )}
                  {detail.after === undefined ? (
                    <span className="muted">removed</span>
                  ) : (
                    <span>{detail.after}</span>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        )}
        {rest > 0 && (
          <Button size="small" kind="quiet" onClick={() => setAll(true)}>
            {formatCount(rest)} more
          </Button>
        )}
      </div>
      <div className={css.when}>
        <span>
          {onMoment && (
            <Button
              size="small"
              kind="quiet"
              aria-label={`Show the run as of event ${event.position}`}
              onClick={() => onMoment(event.position)}
            >
              As of here
            </Button>
          )}{" "}
          <Time at={event.at} />
        </span>
        {row.gap !== undefined && (
          <span className={css.gap}>after {formatDuration(row.gap)} without points</span>
        )}
        <span className="muted">
          <span className={css.actor} title={event.actor}>
            {event.actor || "unknown"}
          </span>{" "}
          ·{" "}
          <span
            className="mono"
            title={events.length > 1 ? `${events.length} events` : "Position in the log"}
          >
            #{event.position}
            {events.length > 1 && ` +${events.length - 1}`}
          </span>
        </span>
      </div>
    </li>
  );
}
