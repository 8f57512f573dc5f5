import { expect, it } from "vitest";
import type { LedgerEvent } from "../../api/contract";
import { ofExperiment } from "./concerns";

const event = (
  position: number,
  stream: string,
  kind = "RunUpdated",
  payload = {},
): LedgerEvent => ({
  position,
  stream,
  kind,
  at: 0,
  actor: "",
  request_id: "",
  payload,
});

it("keeps the events of the experiment, of its runs and of their artifacts", () => {
  const events = [
    event(9, "artifact/1/a/artifacts/x.bin", "ArtifactStored"),
    event(8, "artifact/2/z/artifacts/x.bin", "ArtifactStored"),
    event(7, "run/a"),
    event(6, "run/z"),
    event(5, "run/new"),
    event(4, "run/new", "RunCreated", { experiment_id: 1 }),
    event(3, "run/other", "RunCreated", { experiment_id: 11 }),
    event(2, "experiment/1", "ExperimentRenamed"),
    event(1, "experiment/11", "ExperimentCreated"),
  ];
  const kept = ofExperiment(events, "1", new Set(["a"]));
  expect(kept.map(({ position }) => position)).toEqual([9, 7, 5, 4, 2]);
});
