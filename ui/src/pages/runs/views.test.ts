import { describe, expect, it } from "vitest";
import type { Experiment } from "../../api/contract";
import { content, newViewId, resolved, shortened, viewsOf } from "./views";

const best = { id: "b", name: "Best", search: "q=metrics.loss+%3C+1&group=params.a" };
const search = (text: string) => new URLSearchParams(text);

it("views are read from the tags of the experiment", () => {
  const tags = {
    team: "vision",
    "runledger.view.b": JSON.stringify({ name: "Best", search: best.search, more: 1 }),
    "runledger.view.a": JSON.stringify({ name: "All", search: "" }),
    "runledger.view.c": "no JSON",
    "runledger.view.d": '{"name": 3}',
    "runledger.view.e": "null",
  };
  expect(viewsOf({ tags } as unknown as Experiment)).toEqual([
    { id: "a", name: "All", search: "" },
    best,
  ]);
});

it("ids of views are what the server takes", () => {
  expect(newViewId()).toMatch(/^[0-9a-f]{16}$/);
  expect(newViewId()).not.toBe(newViewId());
});

describe("an address with a view", () => {
  it("means the view when it says nothing else", () => {
    expect(content(resolved(search("view_id=b"), [best]))).toBe(content(search(best.search)));
    expect(resolved(search("view_id=b&sort=name"), [best]).toString()).toBe("view_id=b&sort=name");
    expect(resolved(search("view_id=gone"), [best]).toString()).toBe("view_id=gone");
  });
  it("is short while nothing was changed", () => {
    const full = search(`view_id=b&${best.search}`);
    expect(shortened(full, [best]).toString()).toBe("view_id=b");
    full.set("sort", "name");
    expect(shortened(full, [best]).toString()).toBe(full.toString());
  });
  it("forgets the view when everything was taken away", () => {
    expect(shortened(search("view_id=b"), [best]).toString()).toBe("");
    expect(shortened(search("view_id=b"), [{ ...best, search: "" }]).toString()).toBe("view_id=b");
  });
});
