// One delivery of a webhook; its body opens below it.
import { useId, useState } from "react";
import type { Delivery } from "../../api/webhooks";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import table from "../../parts/DataTable.module.css";
import { formatDateTime } from "../../parts/format";
import { Signal } from "../../parts/Status";
import { Time } from "../../parts/Time";
import ops from "./ops.module.css";
import { eventText, prettyBody, stateLook } from "./webhook-events";
import css from "./webhooks.module.css";

const COLUMNS = 8;

export function DeliveryRow({
  delivery,
  busy,
  onAgain,
}: {
  delivery: Delivery;
  busy: boolean;
  onAgain: () => void;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const look = stateLook(delivery.state);
  const what = `${eventText(delivery.event)} at position ${delivery.position}`;
  return (
    <>
      <tr>
        <td>
          <Signal tone={look.tone}>{look.word}</Signal>
          {delivery.due_at !== null && (
            <div className={`${css.fact} muted small`}>next {formatDateTime(delivery.due_at)}</div>
          )}
        </td>
        <th scope="row" title={`${delivery.event}, position ${delivery.position} of the log`}>
          <span className={css.event}>{eventText(delivery.event)}</span>
        </th>
        <td className={table.n}>{delivery.attempts}</td>
        <td className={table.n}>{delivery.response_status ?? "—"}</td>
        <td className={css.error}>{delivery.error ?? "—"}</td>
        <td className={css.fact}>
          <Time at={delivery.owed_since} />
        </td>
        <td className={css.fact}>
          {delivery.attempted_at === null ? "—" : <Time at={delivery.attempted_at} />}
        </td>
        <td>
          <span className={ops.rowActions}>
            <Button
              size="small"
              kind="quiet"
              aria-expanded={open}
              aria-controls={open ? id : undefined}
              aria-label={`Body of ${what}`}
              onClick={() => setOpen(!open)}
            >
              Body
            </Button>
            <Button
              size="small"
              disabled={busy}
              aria-label={`Deliver again: ${what}`}
              onClick={onAgain}
            >
              Deliver again
            </Button>
          </span>
        </td>
      </tr>
      {open && (
        <tr id={id}>
          <td colSpan={COLUMNS}>
            <div className={css.body}>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
              <pre tabIndex={0}>{prettyBody(delivery.body)}</pre>
              <Copy text={delivery.body} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}
