// Leads the table to an earlier moment: a dialog for the time, and the line that says that it shows the past.
import { useState } from "react";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { formatCount, formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { momentOf, onClock, zoneNote } from "../../parts/zone";
import css from "./PastButton.module.css";

/** From here on a moment is a time in milliseconds since the epoch, before it a position of the log. */
const TIMES = 100_000_000_000;

/** As `<input type="datetime-local">` writes a time: without a zone, which is the reader's. */
function local(ms: number): string {
  return onClock(ms).toISOString().slice(0, 16);
}

export function PastButton({ onChange }: { onChange: (at: number) => void }) {
  const [asking, setAsking] = useState(false);
  const [text, setText] = useState("");
  const time = momentOf(Date.parse(`${text}Z`));
  return (
    <>
      <Button
        title="The table as it was at an earlier time"
        onClick={() => {
          setText(local(Date.now() - 3_600_000));
          setAsking(true);
        }}
      >
        <Icon name="restore" size={14} /> As it was…
      </Button>
      {asking && (
        <Dialog title="The table as it was" onClose={() => setAsking(false)}>
          <form
            className={css.form}
            onSubmit={(event) => {
              event.preventDefault();
              setAsking(false);
              onChange(time);
            }}
          >
            <label>
              Until{zoneNote()}{" "}
              <input
                type="datetime-local"
                value={text}
                max={local(Date.now())}
                onChange={(event) => setText(event.target.value)}
              />
            </label>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button kind="primary" type="submit" disabled={Number.isNaN(time)}>
                Show
              </Button>
            </DialogActions>
          </form>
        </Dialog>
      )}
    </>
  );
}

export function PastLine({
  at,
  position,
  onBack,
}: {
  at: number;
  /** The last event that counts; undefined while the table is made. */
  position: number | undefined;
  onBack: () => void;
}) {
  const moment = at < TIMES ? `event ${formatCount(at)}` : formatDateTime(at);
  return (
    <div className={css.line} role="status">
      <Icon name="restore" size={14} />
      <span>
        As of {moment}
        {at >= TIMES && position !== undefined && `, event ${formatCount(position)}`}. Nothing can
        be changed here.
      </span>
      <Button size="small" onClick={onBack}>
        Back to live
      </Button>
    </div>
  );
}
