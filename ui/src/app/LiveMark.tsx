// Says how fresh the page is: the mark in the header, and a banner when the server is away.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { liveStream, useStreamStatus } from "../api/stream";
import { Button, LinkButton } from "../parts/Button";
import { formatCount, formatDateTime, formatDuration } from "../parts/format";
import css from "./LiveMark.module.css";

/** What waits longer than this to be seen turns the mark amber. */
const LATE_MS = 2000;
/** With as many events still to be seen, numbers on the pages may be wrong enough to say so. */
const MANY = 1000;

export function LiveMark() {
  const status = useStreamStatus();
  const late = status.lagMs > LATE_MS;
  const [tone, words] =
    status.state === "away"
      ? ["bad", "Offline"]
      : status.state === "connecting"
        ? ["mute", "Connecting"]
        : status.state === "paused"
          ? ["mute", "Paused"]
          : late
            ? ["warn", `${formatDuration(status.lagMs)} behind`]
            : ["ok", "Live"];
  return (
    <span
      className={`${css.mark} ${css[tone as "ok"]}`}
      title={status.heard ? `Last heard ${formatDateTime(status.heard)}` : undefined}
    >
      <i aria-hidden="true" />
      <span>{words}</span>
    </span>
  );
}

/** Pages are made of what the views have seen; while they are far behind, as during a replay, that has to be said. */
export function StaleBanner() {
  const { state, lagEvents, lagMs } = useStreamStatus();
  if (state === "away" || lagMs <= LATE_MS || lagEvents < MANY) return null;
  return (
    <div className={css.banner} role="status">
      <span>
        Counts and lists may be behind by {formatCount(lagEvents)} events, which are still being
        taken in.
      </span>
      <LinkButton size="small" to="/ops/projections">
        Progress
      </LinkButton>
    </div>
  );
}

export function AwayBanner() {
  const status = useStreamStatus();
  const client = useQueryClient();
  const wasAway = useRef(false);
  useEffect(() => {
    if (status.state === "away") wasAway.current = true;
    else if (status.state === "live" && wasAway.current) {
      // Changes are caught up by the stream; what failed meanwhile must be asked for again.
      wasAway.current = false;
      void client.invalidateQueries();
    }
  }, [status.state, client]);
  if (status.state !== "away") return null;
  return (
    <div className={css.banner} role="status">
      <span>
        Reconnecting to the server
        {status.heard ? `, last update ${formatDateTime(status.heard).slice(11)}` : ""}. What is
        shown stays.
      </span>
      <Button size="small" onClick={() => liveStream.retryNow()}>
        Try now
      </Button>
    </div>
  );
}
