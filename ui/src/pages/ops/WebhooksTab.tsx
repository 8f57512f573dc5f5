// Webhooks: who is told about what happens here. The address holds which one's deliveries are shown.
import { useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { Webhook } from "../../api/webhooks";
import { Button, LinkButton } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import ops from "./ops.module.css";
import { WebhookActions } from "./WebhookActions";
import { WebhookForm } from "./WebhookForm";
import { WebhookLog } from "./WebhookLog";
import { eventText, nameOf, webhookLook } from "./webhook-events";
import { useWebhooks } from "./webhook-queries";
import css from "./webhooks.module.css";

const LIST = "/ops/webhooks";
/** Event names in a row of the list. */
const EVENTS = 3;

const logOf = (webhook: Webhook) => `${LIST}?id=${encodeURIComponent(webhook.webhook_id)}`;

export default function WebhooksTab() {
  const [search] = useSearchParams();
  const list = useWebhooks();
  const id = search.get("id");
  const chosen = list.data?.find((one) => one.webhook_id === id);
  return (
    <div className={ops.sections}>
      {list.error && (
        <ErrorBox
          what={
            list.data
              ? "The webhooks could not be asked again; these are the last known"
              : "The webhooks could not be listed"
          }
          error={list.error}
          retry={() => void list.refetch()}
        />
      )}
      {list.isPending && <Skeleton lines={4} label="Loading the webhooks" />}
      {list.data && id === null && <List webhooks={list.data} />}
      {chosen && <One key={chosen.webhook_id} webhook={chosen} />}
      {list.data && id !== null && !chosen && (
        <EmptyState
          title="There is no such webhook"
          action={<LinkButton to={LIST}>All webhooks</LinkButton>}
        >
          It may have been deleted.
        </EmptyState>
      )}
    </div>
  );
}

function List({ webhooks }: { webhooks: readonly Webhook[] }) {
  const [creating, setCreating] = useState(false);
  return (
    <section aria-label="Webhooks">
      <div className={ops.sectionHead}>
        <h2>
          Webhooks <span className="muted">{webhooks.length}</span>
        </h2>
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Icon name="plus" size={14} /> New webhook
        </Button>
      </div>
      {webhooks.length === 0 ? (
        <EmptyState title="No webhooks">
          A webhook sends a message to another service when a run ends, a model version is made or
          an alias moves.
        </EmptyState>
      ) : (
        <TableFrame label="List of webhooks">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Status</th>
                <th scope="col">URL</th>
                <th scope="col">Events</th>
                <th scope="col">Created</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {webhooks.map((webhook) => (
                <Row key={webhook.webhook_id} webhook={webhook} />
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
      {creating && <WebhookForm onClose={() => setCreating(false)} />}
    </section>
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  const look = webhookLook(webhook);
  const names = webhook.events.map((event) => eventText(nameOf(event)));
  return (
    <tr>
      <th scope="row" title={webhook.description}>
        <Link href={logOf(webhook)} className={css.name}>
          {webhook.name}
        </Link>
      </th>
      <td>
        <Signal tone={look.tone}>{look.word}</Signal>
      </td>
      <td className={`${css.url} mono small`}>{webhook.url}</td>
      <td>
        <span className={css.chips}>
          {names.slice(0, EVENTS).map((name) => (
            <Chip key={name}>{name}</Chip>
          ))}
          {names.length > EVENTS && (
            <span className="muted small" title={names.slice(EVENTS).join(", ")}>
              +{names.length - EVENTS}
            </span>
          )}
        </span>
      </td>
      <td className={css.fact}>
        <Time at={webhook.creation_timestamp} />
      </td>
      <td>
        <span className={ops.rowActions}>
          <WebhookActions webhook={webhook} />
        </span>
      </td>
    </tr>
  );
}

function One({ webhook }: { webhook: Webhook }) {
  const [, go] = useLocation();
  const look = webhookLook(webhook);
  return (
    <>
      <section aria-label="About the webhook" className={css.form}>
        <div className={css.head}>
          <LinkButton to={LIST} kind="quiet" size="small">
            <Icon name="left" size={12} /> All webhooks
          </LinkButton>
          <h2>{webhook.name}</h2>
          <Signal tone={look.tone}>{look.word}</Signal>
          <span className={css.headActions}>
            <WebhookActions webhook={webhook} onDeleted={() => go(LIST, { replace: true })} />
          </span>
        </div>
        {webhook.description && <p>{webhook.description}</p>}
        <dl className={css.about}>
          <dt>URL</dt>
          <dd className="mono">{webhook.url}</dd>
          <dt>Events</dt>
          <dd>{webhook.events.map((event) => eventText(nameOf(event))).join(", ")}</dd>
          <dt>Created</dt>
          <dd>{formatDateTime(webhook.creation_timestamp)}</dd>
          <dt>Updated</dt>
          <dd>{formatDateTime(webhook.last_updated_timestamp)}</dd>
        </dl>
      </section>
      <WebhookLog webhook={webhook} />
    </>
  );
}
