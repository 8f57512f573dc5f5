// What became of the deliveries of a webhook, newest first, and delivering again.
import { useState } from "react";
import { useSearchParams } from "wouter";
import { errorText } from "../../api/client";
import { type Delivery, type DeliveryState, redeliver, type Webhook } from "../../api/webhooks";
import { Button, Segmented } from "../../parts/Button";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { TableFrame } from "../../parts/TableFrame";
import { toast } from "../../parts/Toast";
import { DeliveryRow } from "./DeliveryRow";
import ops from "./ops.module.css";
import { eachOnce } from "./webhook-events";
import { fetchFailed, useDeliveries, useWebhookRefresh } from "./webhook-queries";
import css from "./webhooks.module.css";

const STATES: readonly { value: DeliveryState | "all"; label: string }[] = [
  { value: "all", label: "All" },
  { value: "pending", label: "Pending" },
  { value: "delivered", label: "Delivered" },
  { value: "failed", label: "Failed" },
];

/** How many of a number, while something is done to each of them. */
type Progress = [done: number, of: number];

function useRedeliver(webhook: Webhook) {
  const refresh = useWebhookRefresh();
  const [progress, setProgress] = useState<Progress | undefined>();
  const waits = webhook.status === "DISABLED" ? ", as soon as the webhook is enabled" : "";

  async function again(list: () => Promise<readonly Delivery[]>) {
    setProgress([0, 0]);
    let done = 0;
    try {
      const deliveries = await list();
      // One after the other and the oldest first: the receiver hears of things in their order.
      for (const delivery of [...deliveries].reverse()) {
        setProgress([done, deliveries.length]);
        await redeliver(delivery.delivery_id);
        done += 1;
      }
      toast({
        message:
          done === 0
            ? "No delivery has failed"
            : `${done === 1 ? "It is" : `${done} deliveries are`} delivered again${waits}`,
      });
    } catch (error) {
      const before = done === 0 ? "Not delivered again" : `Stopped after ${done}`;
      toast({ message: `${before}: ${errorText(error)}`, tone: "bad" });
    }
    setProgress(undefined);
    await refresh();
  }
  return {
    progress,
    one: (delivery: Delivery) => void again(async () => [delivery]),
    allFailed: () => void again(() => fetchFailed(webhook.webhook_id)),
  };
}

export function WebhookLog({ webhook }: { webhook: Webhook }) {
  const [search, setSearch] = useSearchParams();
  const asked = search.get("state");
  const state = STATES.find(({ value }) => value === asked)?.value ?? "all";
  const pages = useDeliveries(webhook.webhook_id, state === "all" ? undefined : state);
  const { progress, one, allFailed } = useRedeliver(webhook);
  const deliveries = pages.data && eachOnce(pages.data.pages.flat());

  const choose = (next: DeliveryState | "all") =>
    setSearch(
      (now) => {
        const changed = new URLSearchParams(now);
        if (next === "all") changed.delete("state");
        else changed.set("state", next);
        return changed;
      },
      { replace: true },
    );

  return (
    <section aria-label="Deliveries">
      <div className={ops.sectionHead}>
        <h2>Deliveries</h2>
        <span className={css.tools}>
          <Segmented label="State" size="small" value={state} options={STATES} onChange={choose} />
          <Button size="small" disabled={progress !== undefined} onClick={allFailed}>
            {progress && progress[1] > 1
              ? `${progress[0]} of ${progress[1]}…`
              : "Deliver all failed again"}
          </Button>
        </span>
      </div>
      {pages.error && (
        <ErrorBox
          what="The deliveries could not be listed"
          error={pages.error}
          retry={() => void pages.refetch()}
        />
      )}
      {pages.isPending && <Skeleton lines={6} label="Loading the deliveries" />}
      {deliveries?.length === 0 && !pages.error && (
        <EmptyState title={state === "all" ? "No deliveries yet" : `No delivery is ${state}`}>
          {state === "all" && "They appear here when something happens that the webhook asks for."}
        </EmptyState>
      )}
      {deliveries && deliveries.length > 0 && (
        <TableFrame label="Log of deliveries" className={pages.isPlaceholderData ? css.dimmed : ""}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Event</th>
                <th scope="col" className={table.n}>
                  Attempts
                </th>
                <th scope="col" className={table.n}>
                  HTTP
                </th>
                <th scope="col">Error</th>
                <th scope="col">Since</th>
                <th scope="col">Last attempt</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryRow
                  key={delivery.delivery_id}
                  delivery={delivery}
                  busy={progress !== undefined}
                  onAgain={() => one(delivery)}
                />
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {pages.isFetchingNextPage ? "Loading…" : "Older deliveries"}
        </Button>
      )}
    </section>
  );
}
