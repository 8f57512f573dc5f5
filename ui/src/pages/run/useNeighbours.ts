// Goes to the run before or after this one on the same tab, with the keys `[` and `]`. The neighbour is looked up when it
// is asked for.
import { useRef } from "react";
import { useLocation } from "wouter";
import { errorText } from "../../api/client";
import type { RunInfo } from "../../api/contract";
import { useKeys } from "../../app/keyboard";
import { toast } from "../../parts/Toast";
import { findNeighbour, type Side } from "./neighbour";

export function useNeighbours(
  run: RunInfo | undefined,
  route: (runId: string) => string,
): (side: Side) => void {
  const [, navigate] = useLocation();
  const asking = useRef(false);
  async function go(side: Side): Promise<void> {
    // A key that is held down would otherwise ask once per repetition, always from the same run.
    if (!run || asking.current) return;
    asking.current = true;
    try {
      const next = await findNeighbour(run, side);
      if (next) navigate(route(next.run_id));
      else
        toast({
          message: `This is the ${side === "newer" ? "latest" : "first"} run of the experiment`,
        });
    } catch (error) {
      toast({ message: `The run was not found: ${errorText(error)}`, tone: "bad" });
    } finally {
      asking.current = false;
    }
  }
  useKeys({ "[": () => void go("newer"), "]": () => void go("older") });
  return (side) => void go(side);
}
