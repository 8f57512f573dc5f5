import { expect, it, describe as suite } from "vitest";
import type { LedgerEvent } from "../../api/contract";
import { artifactName, describe, groupEvents, subjectOf } from "./describe";

function event(
  position: number,
  kind: string,
  payload: Record<string, unknown>,
  at = position * 1000,
): LedgerEvent {
  return { position, kind, at, actor: "ada", request_id: "", payload, stream: "run/1" };
}

suite("events in words", () => {
  it("say what a tag was before", () => {
    const old = event(1, "RunCreated", { name: "r", tags: [{ key: "phase", value: "a" }] });
    const set = event(2, "TagsSet", { tags: [{ key: "phase", value: "b" }] });
    expect(describe(set, [old]).details).toEqual([{ label: "phase", before: "a", after: "b" }]);
    const removed = event(3, "TagDeleted", { key: "phase" });
    expect(describe(removed, [set, old]).details).toEqual([{ label: "phase", before: "b" }]);
    expect(
      describe(event(4, "TagsSet", { tags: [{ key: "phase", value: "c" }] }), [removed, set])
        .details[0]?.before,
    ).toBeUndefined();
  });
  it("count points and name failures", () => {
    expect(describe(event(1, "MetricsLogged", { keys: ["a", "b"], counts: [1000, 1] })).title).toBe(
      "Logged 1,001 points of 2 metrics",
    );
    expect(describe(event(1, "RunUpdated", { status: "FAILED" })).bad).toBe(true);
    expect(describe(event(1, "SomethingNew", {})).title).toBe("SomethingNew");
  });
  it("join logging that follows on itself", () => {
    const rows = groupEvents([
      event(5, "MetricsLogged", { keys: ["a"], counts: [2] }),
      event(4, "MetricsLogged", { keys: ["a", "b"], counts: [3, 1] }),
      event(3, "TagDeleted", { key: "x" }),
      event(2, "MetricsLogged", { keys: ["a"], counts: [1] }),
    ]);
    expect(rows.map((row) => row.events.length)).toEqual([2, 1, 1]);
    expect(rows[0]?.described.title).toBe("Logged 6 points of 2 metrics");
  });
  it("find the page of their subject", () => {
    expect(artifactName("7/4f/artifacts/m/a.bin")).toBe("m/a.bin");
    expect(subjectOf("run/4f0c1a7b9d")).toEqual({ label: "run 4f0c1a7b", to: "/runs/4f0c1a7b9d" });
    expect(subjectOf("artifact/7/4f0c/artifacts/m/a b.bin")?.to).toBe(
      "/runs/4f0c/artifacts/m/a%20b.bin",
    );
    expect(subjectOf(undefined)).toBeNull();
  });
});
