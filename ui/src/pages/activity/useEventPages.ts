// Pages of events, newest first, that grow at the old end on request and at the new end when the stream says so.
import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { EventsAnswer, LedgerEvent } from "../../api/contract";
import { liveStream } from "../../api/stream";
import { whenVisible } from "../../api/visible";

export interface EventPages {
  events: LedgerEvent[];
  pending: boolean;
  error: unknown;
  more: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

const currentPosition = () => liveStream.current().position;

/**
 * Looks for new events when the log has grown, at most every `waitMs`. The position of the log is what tells: changes of
 * runs do not name the events of their artifacts.
 */
export function useEventPages(
  queryKey: readonly unknown[],
  fetch: (before: number | undefined, signal: AbortSignal) => Promise<EventsAnswer>,
  waitMs: number,
  live = true,
): EventPages {
  const client = useQueryClient();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetch(pageParam, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) =>
      last.more ? last.events[last.events.length - 1]?.position : undefined,
  });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const key = JSON.stringify(queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was to be looked for belongs to the list that was shown
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [key],
  );
  const position = useSyncExternalStore(liveStream.watch, currentPosition);
  const newest = query.data?.pages[0]?.events[0]?.position ?? 0;
  const grown = live && query.data !== undefined && position !== undefined && position > newest;
  function lookForNew() {
    timer.current = undefined;
    fetch(undefined, AbortSignal.timeout(10_000)).then(
      (head) =>
        client.setQueryData<InfiniteData<EventsAnswer, number | undefined>>(
          queryKey,
          (old) => old && prepend(old, head),
        ),
      // The next change tries again; a list that is a moment old is no reason for an alarm.
      () => undefined,
    );
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: each growth of the log is a reason to look, and so is another list
  useEffect(() => {
    if (grown) timer.current ??= setTimeout(() => whenVisible(lookForNew), waitMs);
  }, [grown, position, key]);
  return {
    events: query.data?.pages.flatMap((page) => page.events) ?? [],
    pending: query.isPending,
    error: query.error,
    more: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}

/** Puts new events before the old ones. When the head does not reach them, the list begins anew rather than have a hole. */
export function prepend<P>(
  old: InfiniteData<EventsAnswer, P>,
  head: EventsAnswer,
): InfiniteData<EventsAnswer, P> {
  const first = old.pages[0];
  const newest = first?.events[0]?.position;
  if (!first || newest === undefined)
    return { pages: [head], pageParams: old.pageParams.slice(0, 1) };
  const fresh = head.events.filter((event) => event.position > newest);
  if (fresh.length === head.events.length && head.more)
    return { pages: [head], pageParams: old.pageParams.slice(0, 1) };
  if (fresh.length === 0) return old;
  return {
    ...old,
    pages: [{ ...first, events: [...fresh, ...first.events] }, ...old.pages.slice(1)],
  };
}
