// Webhooks: MLflow's REST for them, and our own for what became of their deliveries. Times are epoch
// milliseconds.
import { apiGet, apiPost, mlflowGet, mlflowWrite } from "./client";

export interface WebhookEvent {
  entity: string;
  action: string;
}

export interface Webhook {
  webhook_id: string;
  name: string;
  url: string;
  description?: string;
  events: WebhookEvent[];
  status: "ACTIVE" | "DISABLED";
  creation_timestamp: number;
  last_updated_timestamp: number;
}

/** What is absent stays as it is; an empty description or secret is taken away. */
export interface WebhookChange {
  name?: string;
  url?: string;
  description?: string;
  events?: WebhookEvent[];
  /** Signs what is sent; the server never tells it. */
  secret?: string;
  status?: Webhook["status"];
}

export type NewWebhook = WebhookChange & Required<Pick<WebhookChange, "name" | "url" | "events">>;

export interface WebhookTest {
  success: boolean;
  response_status?: number;
  response_body?: string;
  error_message?: string;
}

export type DeliveryState = "pending" | "delivered" | "failed";

export interface Delivery {
  delivery_id: string;
  /** Of the event in the log. */
  position: number;
  /** Such as `model_version.created`. */
  event: string;
  /** JSON, as it is sent. */
  body: string;
  state: DeliveryState;
  attempts: number;
  owed_since: number;
  /** When a pending one is tried next. */
  due_at: number | null;
  attempted_at: number | null;
  /** Of the last attempt. */
  response_status: number | null;
  error: string | null;
}

const PAGE = 200;

export async function fetchWebhooks(signal?: AbortSignal): Promise<Webhook[]> {
  type Answer = { webhooks?: Webhook[]; next_page_token?: string };
  const all: Webhook[] = [];
  let token: string | undefined;
  do {
    const query = { max_results: PAGE, page_token: token };
    const answer = await mlflowGet<Answer>("webhooks", query, signal);
    all.push(...(answer.webhooks ?? []));
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
  return all;
}

const one = (id: string) => `webhooks/${encodeURIComponent(id)}`;

export const webhooks = {
  create: (webhook: NewWebhook) => mlflowWrite("POST", "webhooks", webhook),
  update: (id: string, change: WebhookChange) => mlflowWrite("PATCH", one(id), change),
  remove: (id: string) => mlflowWrite("DELETE", one(id), {}),
  /** Sends an example of the event at once. */
  test: async (id: string, event: WebhookEvent): Promise<WebhookTest> =>
    (await mlflowWrite<{ result: WebhookTest }>("POST", `${one(id)}/test`, { event })).result,
};

export interface DeliveriesQuery {
  state: DeliveryState | undefined;
  /** Only of events before this position of the log. */
  before: number | undefined;
  limit: number;
}

/** Newest first. */
export async function fetchDeliveries(
  webhookId: string,
  { state, before, limit }: DeliveriesQuery,
  signal?: AbortSignal,
): Promise<Delivery[]> {
  const query = { state, before, limit };
  const path = `${one(webhookId)}/deliveries`;
  return (await apiGet<{ deliveries: Delivery[] }>(path, query, signal)).deliveries;
}

/** Owes the delivery again, at once. */
export function redeliver(deliveryId: string): Promise<unknown> {
  return apiPost(`webhook-deliveries/${encodeURIComponent(deliveryId)}/redeliver`, {});
}
