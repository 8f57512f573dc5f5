// Which runs are compared: a few stand in the address themselves, many behind the id of a selection that the server keeps.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import { errorText } from "../../api/client";
import { fetchSelection } from "../../api/queries";
import { toast } from "../../parts/Toast";
import { withRuns } from "./address";

const NONE: readonly string[] = [];

export interface Compared {
  ids: readonly string[];
  /** Until the selection is here. */
  pending: boolean;
  error: unknown;
  retry: () => void;
  /** Compares these from now on. */
  setIds: (ids: readonly string[]) => void;
}

export function useCompared(): Compared {
  const [params, setParams] = useSearchParams();
  const kept = params.get("set");
  const selection = useQuery({
    queryKey: ["selection", kept],
    queryFn: ({ signal }) => fetchSelection(kept ?? "", signal),
    enabled: kept !== null,
    // What an id stands for never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const inline = params.get("runs") ?? "";
  const listed = kept === null ? undefined : (selection.data?.run_ids ?? NONE);
  const ids = useMemo(
    () => [...new Set(listed ?? inline.split(",").filter((id) => id !== ""))],
    [listed, inline],
  );
  const setIds = useCallback(
    (next: readonly string[]) => {
      withRuns(next).then(
        ([name, value]) =>
          setParams((current) => {
            const changed = new URLSearchParams(current);
            changed.delete("runs");
            changed.delete("set");
            changed.set(name, value);
            return changed;
          }),
        (error: unknown) => toast({ message: errorText(error), tone: "bad" }),
      );
    },
    [setParams],
  );
  return {
    ids,
    pending: kept !== null && selection.isPending,
    error: selection.error,
    retry: () => void selection.refetch(),
    setIds,
  };
}
