import { expect, it } from "vitest";
import type { LedgerEvent } from "../../api/contract";
import { groupEvents } from "./describe";
import { withGaps } from "./gaps";

const MINUTE = 60_000;

/** Events of one run, newest first, at these minutes. */
function events(...moments: [minute: number, kind: string][]): LedgerEvent[] {
  return moments.map(([minute, kind], index) => ({
    position: moments.length - index,
    at: minute * MINUTE,
    kind,
    stream: "run/a",
    actor: "ann",
    payload: kind === "MetricsLogged" ? { keys: ["loss"], counts: [1] } : {},
  })) as unknown as LedgerEvent[];
}

const gaps = (list: LedgerEvent[]) =>
  withGaps(groupEvents(list)).map(({ event, gap }) => [event.at / MINUTE, (gap ?? 0) / MINUTE]);

it("tells where points stopped for long", () => {
  const seen = gaps(
    events(
      [20.4, "MetricsLogged"],
      [20.2, "MetricsLogged"],
      [12, "TagsSet"],
      [10.2, "MetricsLogged"],
      [10.1, "MetricsLogged"],
      [10, "MetricsLogged"],
      [9, "RunCreated"],
    ),
  );
  expect(seen).toEqual([
    [20.4, 10],
    [12, 0],
    [10.2, 0],
    [9, 0],
  ]);
});

it("takes the pace of the run for what is usual", () => {
  const slow = events(...[50, 40, 30, 20, 10].map((at): [number, string] => [at, "MetricsLogged"]));
  expect(gaps(slow).every(([, gap]) => gap === 0)).toBe(true);
  expect(gaps(events([5, "RunUpdated"]))).toEqual([[5, 0]]);
});
