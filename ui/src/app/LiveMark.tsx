// Says how fresh the page is: the mark in the header, and a banner when the server is away.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { liveStream, useStreamStatus } from "../api/stream";
import { Button } from "../parts/Button";
import { formatCount, formatDateTime } from "../parts/format";
import css from "./LiveMark.module.css";

/** Behind by this many events, the mark turns amber. */
const LAG_SHOWN = 1000;

export function LiveMark() {
  const status = useStreamStatus();
  const late = status.lagEvents >= LAG_SHOWN;
  const [tone, words] =
    status.state === "away"
      ? ["bad", "Offline"]
      : status.state === "connecting"
        ? ["mute", "Connecting"]
        : status.state === "paused"
          ? ["mute", "Paused"]
          : late
            ? ["warn", `${formatCount(status.lagEvents)} events behind`]
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
