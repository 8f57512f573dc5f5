// The events that webhooks can be told about, in words, and what is shown of them and of their deliveries.
// Pure.
import type { Delivery, Webhook, WebhookEvent } from "../../api/webhooks";

/** An event as the log of deliveries names it, such as `model_version_tag.set`. */
export type EventName = string;

const MADE = ["created"];
const TAG = ["set", "deleted"];
const ALIAS = ["created", "deleted"];

/** What the events are about, with the entities that belong to it and their actions. */
const SUBJECTS: { title: string; entities: [entity: string, actions: string[]][] }[] = [
  {
    title: "Runs",
    entities: [["run", ["created", "finished", "failed", "killed", "deleted", "restored"]]],
  },
  { title: "Registered models", entities: [["registered_model", MADE]] },
  {
    title: "Model versions",
    entities: [
      ["model_version", MADE],
      ["model_version_tag", TAG],
      ["model_version_alias", ALIAS],
    ],
  },
  {
    title: "Prompts",
    entities: [
      ["prompt", MADE],
      ["prompt_tag", TAG],
      ["prompt_alias", ALIAS],
    ],
  },
  {
    title: "Prompt versions",
    entities: [
      ["prompt_version", MADE],
      ["prompt_version_tag", TAG],
    ],
  },
];

export interface EventGroup {
  title: string;
  events: { name: EventName; label: string }[];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `run.failed` as “Run failed”. */
export function eventText(name: EventName): string {
  return capital(name.replace(/[._]/g, " "));
}

/** Below the heading of its subject an event needs only the rest of its name. */
function shortText(entity: string, action: string): string {
  const part = /_(tag|alias)$/.exec(entity)?.[1];
  return capital(part ? `${part} ${action}` : action);
}

const GROUPS: EventGroup[] = SUBJECTS.map(({ title, entities }) => ({
  title,
  events: entities.flatMap(([entity, actions]) =>
    actions.map((action) => ({ name: `${entity}.${action}`, label: shortText(entity, action) })),
  ),
}));

/** All events to choose from, and those of `chosen` that this page does not know. */
export function eventGroups(chosen: readonly EventName[]): EventGroup[] {
  const known = new Set(GROUPS.flatMap(({ events }) => events.map(({ name }) => name)));
  const others = chosen.filter((name) => !known.has(name));
  if (others.length === 0) return GROUPS;
  const events = others.map((name) => ({ name, label: eventText(name) }));
  return [...GROUPS, { title: "Others", events }];
}

export function nameOf({ entity, action }: WebhookEvent): EventName {
  return `${entity}.${action}`.toLowerCase();
}

export function eventOf(name: EventName): WebhookEvent {
  const [entity = "", action = ""] = name.toUpperCase().split(".");
  return { entity, action };
}

export interface StateLook {
  tone: "ok" | "bad" | "run" | "mute";
  word: string;
}

const STATES: Record<Delivery["state"], StateLook> = {
  delivered: { tone: "ok", word: "Delivered" },
  pending: { tone: "run", word: "Pending" },
  failed: { tone: "bad", word: "Failed" },
};

export function stateLook(state: Delivery["state"]): StateLook {
  return STATES[state] ?? { tone: "mute", word: capital(state) };
}

export function webhookLook({ status }: Pick<Webhook, "status">): StateLook {
  return status === "DISABLED"
    ? { tone: "mute", word: "Disabled" }
    : { tone: "ok", word: "Active" };
}

/**
 * From where on older deliveries are asked for. One event can owe several deliveries, of which the page may
 * have shown a part; so its position is asked for again, unless the page held nothing else.
 */
export function olderThan(page: readonly Delivery[], limit: number): number | undefined {
  const [first, last] = [page[0], page[page.length - 1]];
  if (!first || !last || page.length < limit) return undefined;
  return first.position === last.position ? last.position : last.position + 1;
}

/** Pages may overlap, and what is new moves all of them. */
export function eachOnce(deliveries: readonly Delivery[]): Delivery[] {
  return [...new Map(deliveries.map((one) => [one.delivery_id, one])).values()];
}

/** The body as it is read best; as it is where it is no JSON or holds numbers that would be changed. */
export function prettyBody(body: string): string {
  if (/\d{16}/.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
