import { describe, expect, it } from "vitest";
import type { Delivery } from "../../api/webhooks";
import {
  eachOnce,
  eventGroups,
  eventOf,
  eventText,
  nameOf,
  olderThan,
  prettyBody,
} from "./webhook-events";

function delivery(id: string, position: number): Delivery {
  return {
    delivery_id: id,
    position,
    event: "run.failed",
    body: "{}",
    state: "failed",
    attempts: 1,
    owed_since: 0,
    due_at: null,
    attempted_at: null,
    response_status: null,
    error: null,
  };
}

describe("events of webhooks", () => {
  it("travel as entity and action, and are named as the log names them", () => {
    expect(eventOf("model_version_tag.set")).toEqual({
      entity: "MODEL_VERSION_TAG",
      action: "SET",
    });
    for (const { events } of eventGroups([]))
      for (const { name } of events) expect(nameOf(eventOf(name))).toBe(name);
  });
  it("are all to be chosen from, once each", () => {
    const names = eventGroups([]).flatMap(({ events }) => events.map(({ name }) => name));
    expect(names).toHaveLength(20);
    expect(new Set(names).size).toBe(20);
    expect(names).toContain("prompt_version_tag.deleted");
  });
  it("have words that tell them apart within their group", () => {
    for (const { events } of eventGroups([]))
      expect(new Set(events.map(({ label }) => label)).size).toBe(events.length);
    expect(eventText("model_version_alias.created")).toBe("Model version alias created");
  });
  it("keep those of a webhook that are not known here", () => {
    const last = eventGroups(["run.failed", "budget_policy.exceeded"]).at(-1);
    expect(last?.events).toEqual([
      { name: "budget_policy.exceeded", label: "Budget policy exceeded" },
    ]);
  });
});

describe("the log of deliveries", () => {
  it("ends with a page that is not full", () => {
    expect(olderThan([], 2)).toBeUndefined();
    expect(olderThan([delivery("a", 9)], 2)).toBeUndefined();
  });
  it("asks for the last position again, of which there may be more", () => {
    expect(olderThan([delivery("a", 9), delivery("b", 7)], 2)).toBe(8);
  });
  it("goes on where a page holds one position only", () => {
    expect(olderThan([delivery("a", 7), delivery("b", 7)], 2)).toBe(7);
  });
  it("shows overlapping pages once, in their order", () => {
    const list = [delivery("a", 9), delivery("b", 7), delivery("b", 7), delivery("c", 7)];
    expect(eachOnce(list).map((one) => one.delivery_id)).toEqual(["a", "b", "c"]);
  });
});

describe("bodies", () => {
  it("are laid out where that changes nothing", () => {
    expect(prettyBody('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyBody('{"id":12345678901234567890}')).toBe('{"id":12345678901234567890}');
    expect(prettyBody("no json")).toBe("no json");
  });
});
