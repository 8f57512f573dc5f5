// Pins the run to the top of its experiment's table of runs, as the table itself does it.
import { useCallback, useState } from "react";
import { useLocation } from "wouter";
import { toast } from "../../parts/Toast";
import { isPinned, keepPins, readPins, withPin } from "../runs/pins";

export function usePin(experimentId: string, runId: string): [boolean, () => void] {
  const [, go] = useLocation();
  const [pins, setPins] = useState(() => readPins(experimentId));
  const pinned = isPinned(pins, runId);
  const toggle = useCallback(() => {
    const next = withPin(readPins(experimentId), runId, !pinned);
    keepPins(experimentId, next);
    setPins(next);
    toast({
      message: pinned ? "Unpinned the run" : "Pinned: on top of the table of runs",
      action: {
        label: "Show the table",
        run: () => go(`/experiments/${encodeURIComponent(experimentId)}`),
      },
    });
  }, [experimentId, runId, pinned, go]);
  return [pinned, toggle];
}
