// The moment at which a run is looked at, as it stands in the address: `?at=` with a position of the log or a time.
import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** The part of an address that keeps the moment, for links between the tabs of a run. */
export function momentSuffix(at: number | undefined): string {
  return at === undefined ? "" : `?at=${at}`;
}

export function readMoment(search: URLSearchParams): number | undefined {
  const text = search.get("at");
  const at = Number(text);
  return text !== null && Number.isSafeInteger(at) && at > 0 ? at : undefined;
}

export function useMoment(): [number | undefined, (at: number | undefined) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (at: number | undefined) =>
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          if (at === undefined) next.delete("at");
          else next.set("at", String(at));
          return next;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return [readMoment(search), set];
}
