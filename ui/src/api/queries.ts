// TanStack Query hooks, one per call of the server, and their keys. Keys start with the resource,
// so that `invalidateQueries({queryKey: keys.experiments})` reaches every view of it.
import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import {
  ApiError,
  apiDelete,
  apiGet,
  apiPost,
  apiPostForBytes,
  apiPut,
  mlflowPost,
} from "./client";
import type {
  ArtifactList,
  BulkAction,
  BulkAnswer,
  EventsAnswer,
  Experiment,
  ExperimentActivities,
  ExperimentList,
  Fields,
  GroupsAnswer,
  GroupsQuery,
  OpsStatus,
  PurgeAnswer,
  RefusedWrites,
  RunDetail,
  RunSpan,
  RunsAnswer,
  RunsQuery,
  SampleDataAnswer,
  SavedView,
  Selection,
  SeriesAnswer,
  SeriesQuery,
  UploadList,
  ViewType,
} from "./contract";
import { readColumns } from "./series-columns";
import { liveStream } from "./stream";

export const keys = {
  experiments: ["experiments"] as const,
  activity: ["activity"] as const,
  experiment: (id: string) => ["experiment", id] as const,
  fields: (id: string) => ["fields", id] as const,
  runs: ["runs"] as const,
  run: (id: string) => ["run", id] as const,
  series: ["series"] as const,
  runEvents: (id: string) => ["run-events", id] as const,
  events: ["events"] as const,
  artifacts: (runId: string) => ["artifacts", runId] as const,
  ops: ["ops"] as const,
};

/** Nothing is fetched again just because a window got the focus: the live stream tells. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: false,
        // A refusal stays a refusal; only an unreachable or failing server is asked again.
        retry: (count, error) =>
          count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function useExperiments(view: ViewType) {
  return useQuery({
    queryKey: [...keys.experiments, view],
    queryFn: async ({ signal }) => {
      const list = await apiGet<ExperimentList>("experiments", { view }, signal);
      liveStream.note(list.position);
      return list;
    },
    placeholderData: keepPreviousData,
  });
}

/** What goes on in all experiments, in days up to this moment. */
export function useActivity(until: number) {
  return useQuery({
    queryKey: [...keys.activity, until],
    queryFn: ({ signal }) =>
      apiGet<ExperimentActivities>("experiments/activity", { until }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

export function useExperiment(id: string) {
  return useQuery({
    queryKey: keys.experiment(id),
    queryFn: ({ signal }) =>
      apiGet<Experiment>(`experiments/${encodeURIComponent(id)}`, undefined, signal),
  });
}

export function useFields(id: string) {
  return useQuery({
    queryKey: keys.fields(id),
    queryFn: ({ signal }) =>
      apiGet<Fields>(`experiments/${encodeURIComponent(id)}/fields`, undefined, signal),
    staleTime: 30_000,
  });
}

export async function fetchRuns(query: RunsQuery, signal?: AbortSignal): Promise<RunsAnswer> {
  const answer = await apiPost<RunsAnswer>("runs/query", query, signal);
  liveStream.note(answer.position);
  return answer;
}

export async function fetchGroups(query: GroupsQuery, signal?: AbortSignal): Promise<GroupsAnswer> {
  const answer = await apiPost<GroupsAnswer>("runs/groups", query, signal);
  liveStream.note(answer.position);
  return answer;
}

export function loadSampleData(): Promise<SampleDataAnswer> {
  return apiPost<SampleDataAnswer>("sample-data", { force: false });
}

/** Keeps runs under a short id, at most 200. */
export function keepSelection(runIds: readonly string[]): Promise<Selection> {
  return apiPost<Selection>("selections", { run_ids: runIds });
}

export function fetchSelection(id: string, signal?: AbortSignal): Promise<Selection> {
  return apiGet<Selection>(`selections/${encodeURIComponent(id)}`, undefined, signal);
}

/** The run now, or as it was at a position of the log or a time. */
export function useRun(id: string, at?: number) {
  return useQuery({
    queryKey: at === undefined ? keys.run(id) : [...keys.run(id), at],
    queryFn: async ({ signal }) => {
      const run = await apiGet<RunDetail>(`runs/${encodeURIComponent(id)}`, { at }, signal);
      liveStream.note(run.position);
      return run;
    },
    // While another moment is asked for, the one that was shown stays.
    placeholderData: (before) => (before?.run.run_id === id ? before : undefined),
  });
}

/** Between which events the past of a run lies. */
export function useRunSpan(id: string) {
  return useQuery({
    queryKey: [...keys.runEvents(id), "span"],
    queryFn: ({ signal }) =>
      apiGet<RunSpan>(`runs/${encodeURIComponent(id)}/span`, undefined, signal),
    staleTime: 2_000,
  });
}

export async function fetchSeries(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
  return readColumns(await apiPostForBytes("series", query, signal));
}

export function fetchRunEvents(
  runId: string,
  before: number | undefined,
  limit: number,
  signal?: AbortSignal,
  kind?: string,
): Promise<EventsAnswer> {
  return apiGet<EventsAnswer>(
    `runs/${encodeURIComponent(runId)}/events`,
    { before, limit, kind },
    signal,
  );
}

export function fetchEvents(
  before: number | undefined,
  limit: number,
  kind: string | undefined,
  signal?: AbortSignal,
): Promise<EventsAnswer> {
  return apiGet<EventsAnswer>("events", { before, limit, kind }, signal);
}

/** The listing of a folder of a run. */
export function artifactsIn(runId: string, path: string) {
  return queryOptions({
    queryKey: [...keys.artifacts(runId), path],
    queryFn: ({ signal }) =>
      apiGet<ArtifactList>(`artifacts/${encodeURIComponent(runId)}`, { path }, signal),
  });
}

export function useArtifacts(runId: string, path: string) {
  return useQuery(artifactsIn(runId, path));
}

export function useOpsStatus() {
  return useQuery({
    queryKey: [...keys.ops, "status"],
    queryFn: ({ signal }) => apiGet<OpsStatus>("ops/status", undefined, signal),
    refetchInterval: 5_000,
  });
}

export function useUploads(state: "staged" | "failed") {
  return useQuery({
    queryKey: [...keys.ops, "uploads", state],
    queryFn: ({ signal }) => apiGet<UploadList>("ops/uploads", { state, limit: 200 }, signal),
    refetchInterval: 5_000,
  });
}

export function useRefusedWrites() {
  return useQuery({
    queryKey: [...keys.ops, "refused"],
    queryFn: ({ signal }) => apiGet<RefusedWrites>("ops/refused", undefined, signal),
    refetchInterval: 5_000,
  });
}

export function useUploadAction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ uploadId, action }: { uploadId: string; action: "retry" | "discard" }) =>
      apiPost<unknown>(`ops/uploads/${encodeURIComponent(uploadId)}/${action}`, {}),
    onSettled: () => client.invalidateQueries({ queryKey: keys.ops }),
  });
}

/** Deletes or restores runs. The answer holds the call that takes it back. */
export function bulk(action: BulkAction): Promise<BulkAnswer> {
  return apiPost<BulkAnswer>("bulk", action);
}

export function setRunTag(runId: string, key: string, value: string): Promise<unknown> {
  return mlflowPost("runs/set-tag", { run_id: runId, key, value });
}

export function deleteRunTag(runId: string, key: string): Promise<unknown> {
  return mlflowPost("runs/delete-tag", { run_id: runId, key });
}

export function renameRun(runId: string, name: string): Promise<unknown> {
  return mlflowPost("runs/update", { run_id: runId, run_name: name });
}

/** Removes a deleted experiment with its runs for good. The name is asked for by the server too. */
export function purgeExperiment(id: string, name: string): Promise<PurgeAnswer> {
  return apiPost<PurgeAnswer>(`experiments/${encodeURIComponent(id)}/purge`, { name });
}

/** Runs that are purged here: what the stream tells of them is no reason to ask for them. */
export const purgedRuns = new Set<string>();

/** Removes a deleted run for good. */
export async function purgeRun(runId: string, name: string): Promise<PurgeAnswer> {
  purgedRuns.add(runId);
  try {
    return await apiPost<PurgeAnswer>(`runs/${encodeURIComponent(runId)}/purge`, { name });
  } catch (error) {
    purgedRuns.delete(runId);
    throw error;
  }
}

function viewPath(experimentId: string, viewId: string): string {
  return `experiments/${encodeURIComponent(experimentId)}/views/${encodeURIComponent(viewId)}`;
}

/** Saves a view under an id that the caller chose, in place of one that is there. */
export function saveView(experimentId: string, viewId: string, view: SavedView): Promise<unknown> {
  return apiPut(viewPath(experimentId, viewId), view);
}

export function deleteView(experimentId: string, viewId: string): Promise<unknown> {
  return apiDelete(viewPath(experimentId, viewId));
}
