// Queries of webhooks and of the log of their deliveries. Nothing tells of changes in them, so they are asked
// for again every few seconds.
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import {
  type Delivery,
  type DeliveryState,
  fetchDeliveries,
  fetchWebhooks,
} from "../../api/webhooks";
import { olderThan } from "./webhook-events";

const keys = {
  all: ["webhooks"] as const,
  list: ["webhooks", "list"] as const,
  deliveries: (id: string) => ["webhooks", "deliveries", id] as const,
};

const AGAIN_MS = 5_000;
const PAGE = 50;
/** Somebody who went back this far reads old entries; asking for all of them again would only load the server. */
const FOLLOWED_PAGES = 3;
/** As many as the server lists at a time. */
const MOST = 1_000;

export function useWebhooks() {
  return useQuery({
    queryKey: keys.list,
    queryFn: ({ signal }) => fetchWebhooks(signal),
    refetchInterval: AGAIN_MS,
  });
}

export function useDeliveries(webhookId: string, state: DeliveryState | undefined) {
  return useInfiniteQuery({
    queryKey: [...keys.deliveries(webhookId), state],
    queryFn: ({ signal, pageParam }) =>
      fetchDeliveries(webhookId, { state, before: pageParam, limit: PAGE }, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last: Delivery[]) => olderThan(last, PAGE),
    refetchInterval: ({ state: { data } }) =>
      (data?.pages.length ?? 0) > FOLLOWED_PAGES ? false : AGAIN_MS,
    placeholderData: keepPreviousData,
  });
}

/** What failed, newest first, at most 1000. */
export function fetchFailed(webhookId: string): Promise<Delivery[]> {
  return fetchDeliveries(webhookId, { state: "failed", before: undefined, limit: MOST });
}

/** After a webhook was deleted: its deliveries, which its page may still show, are not asked for any more. */
export function useWebhookForget(): (id: string) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    async (id) => {
      await client.cancelQueries({ queryKey: keys.deliveries(id) });
      await client.invalidateQueries({ queryKey: keys.list });
    },
    [client],
  );
}

export function useWebhookRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(() => client.invalidateQueries({ queryKey: keys.all }), [client]);
}
