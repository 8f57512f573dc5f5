import { describe, expect, it } from "vitest";
import { mergeChanges } from "./merge-changes";
import { EventStreamParser } from "./stream-parser";

const text =
  'event: change\r\nid: 7\r\ndata: {"a":1}\r\n\r\n: comment\n\nevent: lag\ndata: one\ndata: two\n\ndata:bare\n\n';
const events = [
  { event: "change", data: '{"a":1}', id: "7" },
  { event: "lag", data: "one\ntwo", id: "7" },
  { event: "message", data: "bare", id: "7" },
];

describe("EventStreamParser", () => {
  it("reads a whole text", () => {
    expect(new EventStreamParser().push(text)).toEqual(events);
  });

  it("gives the same for every way to cut the text", () => {
    for (let size = 1; size < text.length; size++) {
      const parser = new EventStreamParser();
      const found = [];
      for (let at = 0; at < text.length; at += size)
        found.push(...parser.push(text.slice(at, at + size)));
      expect(found).toEqual(events);
    }
  });

  it("gives nothing for an event that was not ended, and drops one without data", () => {
    const parser = new EventStreamParser();
    expect(parser.push("event: a\n\nevent: b\ndata: x\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "b", data: "x", id: "" }]);
  });
});

it("merges changes: every experiment once, the last of each kind per run", () => {
  const run = (run_id: string, kind: "created" | "metrics") => ({
    run_id,
    experiment_id: "1",
    kind,
  });
  const merged = mergeChanges([
    { position: 5, experiments: ["1"], runs: [run("a", "created"), run("a", "metrics")] },
    { position: 9, experiments: ["2", "1"], runs: [run("a", "metrics"), run("b", "metrics")] },
  ]);
  expect(merged.position).toBe(9);
  expect(merged.experiments).toEqual(["1", "2"]);
  expect(merged.runs).toEqual([run("a", "created"), run("a", "metrics"), run("b", "metrics")]);
});
