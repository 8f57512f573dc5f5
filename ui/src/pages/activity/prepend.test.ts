import { describe, expect, it } from "vitest";
import type { EventsAnswer } from "../../api/contract";
import { prepend } from "./useEventPages";

const page = (positions: number[], more = true): EventsAnswer => ({
  events: positions.map((position) => ({
    position,
    kind: "RunUpdated",
    at: 0,
    actor: "",
    request_id: "",
    stream: "run/1",
    payload: {},
  })),
  more,
});
const old = { pages: [page([5, 4]), page([3, 2], false)], pageParams: [undefined, 4] };
const positions = (data: typeof old) =>
  data.pages.map((one) => one.events.map((event) => event.position));

describe("new events", () => {
  it("go before the old ones, once", () => {
    expect(positions(prepend(old, page([7, 6, 5])))).toEqual([
      [7, 6, 5, 4],
      [3, 2],
    ]);
    expect(prepend(old, page([5, 4]))).toBe(old);
  });
  it("replace the list when they do not reach it", () => {
    expect(positions(prepend(old, page([9, 8])))).toEqual([[9, 8]]);
  });
  it("reach it when the log has no more", () => {
    expect(
      positions(prepend({ pages: [page([], false)], pageParams: [undefined] }, page([1], false))),
    ).toEqual([[1]]);
  });
});
