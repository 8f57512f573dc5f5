// Queries of the pages of models and their keys. No stream tells of the registry's changes, so its
// answers are asked for again when the window gets the focus.
import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import {
  fetchDownloadUri,
  fetchLogged,
  fetchModel,
  fetchRunLinks,
  fetchVersion,
  type Page,
  searchLogged,
  searchModels,
  searchVersions,
} from "../../api/models";
import { purgedRuns } from "../../api/queries";
import { runVersionsFilter, versionsFilter } from "./filter";

/** Everything of the registry stands below `models`, so that one write refreshes all views of it. */
const keys = {
  registry: ["models"] as const,
  lists: ["models", "list"] as const,
  logged: ["logged-models"] as const,
  loggedLists: (experiment: string) => ["logged-models", "list", experiment] as const,
  runLinks: (runId: string) => ["logged-models", "run-links", runId] as const,
};

export { keys as modelKeys };

const FOCUS = { refetchOnWindowFocus: true } as const;
const LIST = 100;
const VERSIONS = 200;
const LOGGED = 50;

const pages = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: Page<unknown>) => last.next,
};

/** All items that were loaded so far. */
export function itemsOf<T>(data: InfiniteData<Page<T>> | undefined): T[] | undefined {
  return data?.pages.flatMap((page) => page.items);
}

export function useModelList(filter: string, order: string) {
  return useInfiniteQuery({
    queryKey: [...keys.lists, filter, order],
    queryFn: ({ signal, pageParam }) =>
      searchModels({ filter, order, limit: LIST, token: pageParam }, signal),
    ...pages,
    ...FOCUS,
    placeholderData: keepPreviousData,
  });
}

export function useModel(name: string) {
  return useQuery({
    queryKey: [...keys.registry, "model", name],
    queryFn: ({ signal }) => fetchModel(name, signal),
    ...FOCUS,
  });
}

/** Whether the model is a prompt has to be known: searches leave prompts out unless asked for them. */
export function useVersions(name: string, prompt: boolean | undefined) {
  return useInfiniteQuery({
    queryKey: [...keys.registry, "versions", name, prompt],
    enabled: prompt !== undefined,
    queryFn: async ({ signal, pageParam }) => {
      const filter = versionsFilter(name, prompt === true);
      const order = "version_number DESC";
      const page = await searchVersions(
        { filter, order, limit: VERSIONS, token: pageParam },
        signal,
      );
      return { ...page, items: page.items.filter((one) => one.name === name) };
    },
    ...pages,
    ...FOCUS,
  });
}

export function useVersion(name: string, version: string) {
  return useQuery({
    queryKey: [...keys.registry, "version", name, version],
    queryFn: ({ signal }) => fetchVersion(name, version, signal),
    ...FOCUS,
  });
}

export function useDownloadUri(name: string, version: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.registry, "download", name, version],
    queryFn: ({ signal }) => fetchDownloadUri(name, version, signal),
    enabled,
  });
}

/** The versions that came from a run, at most 50. */
export function useVersionsOfRun(runId: string) {
  return useQuery({
    queryKey: [...keys.registry, "of-run", runId],
    queryFn: ({ signal }) => {
      const filter = runVersionsFilter(runId);
      return searchVersions({ filter, order: "creation_timestamp DESC", limit: 50 }, signal);
    },
    ...FOCUS,
  });
}

export function useRunLinks(runId: string) {
  return useQuery({
    queryKey: keys.runLinks(runId),
    enabled: () => !purgedRuns.has(runId),
    queryFn: ({ signal }) => fetchRunLinks(runId, signal),
  });
}

export interface LoggedOrder {
  field: string;
  descending: boolean;
}

export function useLoggedList(
  experiment: string,
  filter: string | undefined,
  { field, descending }: LoggedOrder,
) {
  return useInfiniteQuery({
    queryKey: [...keys.loggedLists(experiment), filter, field, descending],
    queryFn: ({ signal, pageParam }) =>
      searchLogged(
        {
          experiment_ids: [experiment],
          filter,
          order_by: [{ field_name: field, ascending: !descending }],
          max_results: LOGGED,
          page_token: pageParam,
        },
        signal,
      ),
    ...pages,
    placeholderData: keepPreviousData,
  });
}

export function loggedModelQuery(id: string) {
  return {
    queryKey: [...keys.logged, "model", id],
    queryFn: ({ signal }: { signal: AbortSignal }) => fetchLogged(id, signal),
  };
}

export function useLoggedModel(id: string | undefined) {
  return useQuery({ ...loggedModelQuery(id ?? ""), enabled: id !== undefined });
}

/** After any write to the registry. */
export function useRegistryRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(() => client.invalidateQueries({ queryKey: keys.registry }), [client]);
}

/**
 * After a model or version has gone or has another name: what was known of it is dropped and not asked
 * for again, which would only be refused. To be called when its page has been left.
 */
export function useForget(): (...path: string[]) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    async (...path: string[]) => {
      const gone = (key: readonly unknown[]) => path.every((part, at) => key[2 + at] === part);
      await client.invalidateQueries({
        queryKey: keys.registry,
        predicate: ({ queryKey }) => queryKey[1] === "list" || !gone(queryKey),
      });
      client.removeQueries({
        queryKey: keys.registry,
        predicate: ({ queryKey }) => queryKey[1] !== "list" && gone(queryKey),
      });
    },
    [client],
  );
}
