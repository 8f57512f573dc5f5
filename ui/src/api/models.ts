// Models: MLflow's REST for the registry (registered models, their versions, prompts) and for logged
// models. Times are epoch milliseconds.
import { mlflowGet as get, mlflowWrite as write } from "./client";
import type { MetricValue } from "./contract";

export interface Pair {
  key: string;
  value: string;
}

export interface ModelAlias {
  alias: string;
  version: string;
}

export type Stage = "None" | "Staging" | "Production" | "Archived";

export interface ModelVersion {
  name: string;
  version: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  current_stage?: Stage;
  description?: string;
  source?: string;
  run_id?: string;
  status?: string;
  status_message?: string;
  tags?: Pair[];
  /** Only where one version is asked for; not in lists. */
  aliases?: string[];
}

export interface RegisteredModel {
  name: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  description?: string;
  /** The highest version of each stage. */
  latest_versions?: ModelVersion[];
  tags?: Pair[];
  aliases?: ModelAlias[];
}

export interface ModelMetric {
  key: string;
  value: MetricValue;
  timestamp: number;
  step?: number;
  run_id?: string;
  dataset_name?: string;
  dataset_digest?: string;
}

export interface LoggedModel {
  info: {
    model_id: string;
    experiment_id: string;
    name: string;
    creation_timestamp_ms: number;
    last_updated_timestamp_ms: number;
    artifact_uri?: string;
    status?: string;
    status_message?: string;
    model_type?: string;
    source_run_id?: string;
    tags?: Pair[];
  };
  data?: { params?: Pair[]; metrics?: ModelMetric[] };
}

/** A file of a model; paths count from the root of the model. */
export interface ModelFile {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export interface Page<T> {
  items: T[];
  next: string | undefined;
}

export interface Search {
  filter: string;
  order: string;
  limit: number;
  token?: string | undefined;
}

async function search(path: string, query: Search, signal?: AbortSignal) {
  const { filter, order, limit, token } = query;
  return get<{
    registered_models?: RegisteredModel[];
    model_versions?: ModelVersion[];
    next_page_token?: string;
  }>(
    path,
    { filter: filter || undefined, order_by: order, max_results: limit, page_token: token },
    signal,
  );
}

export async function searchModels(
  query: Search,
  signal?: AbortSignal,
): Promise<Page<RegisteredModel>> {
  const answer = await search("registered-models/search", query, signal);
  return { items: answer.registered_models ?? [], next: answer.next_page_token || undefined };
}

export async function searchVersions(
  query: Search,
  signal?: AbortSignal,
): Promise<Page<ModelVersion>> {
  const answer = await search("model-versions/search", query, signal);
  return { items: answer.model_versions ?? [], next: answer.next_page_token || undefined };
}

export async function fetchModel(name: string, signal?: AbortSignal): Promise<RegisteredModel> {
  const path = "registered-models/get";
  return (await get<{ registered_model: RegisteredModel }>(path, { name }, signal))
    .registered_model;
}

export async function fetchVersion(
  name: string,
  version: string,
  signal?: AbortSignal,
): Promise<ModelVersion> {
  const path = "model-versions/get";
  return (await get<{ model_version: ModelVersion }>(path, { name, version }, signal))
    .model_version;
}

/** Where the files of a version are, after following sources that name another model. */
export async function fetchDownloadUri(
  name: string,
  version: string,
  signal?: AbortSignal,
): Promise<string> {
  const path = "model-versions/get-download-uri";
  return (await get<{ artifact_uri?: string }>(path, { name, version }, signal)).artifact_uri ?? "";
}

/** Writes to a registered model. */
export const models = {
  create: (name: string, description: string) =>
    write("POST", "registered-models/create", { name, description: description || undefined }),
  rename: (name: string, newName: string) =>
    write("POST", "registered-models/rename", { name, new_name: newName }),
  describe: (name: string, description: string) =>
    write("PATCH", "registered-models/update", { name, description }),
  remove: (name: string) => write("DELETE", "registered-models/delete", { name }),
  setTag: (name: string, key: string, value: string) =>
    write("POST", "registered-models/set-tag", { name, key, value }),
  deleteTag: (name: string, key: string) =>
    write("DELETE", "registered-models/delete-tag", { name, key }),
  setAlias: (name: string, alias: string, version: string) =>
    write("POST", "registered-models/alias", { name, alias, version }),
  deleteAlias: (name: string, alias: string) =>
    write("DELETE", "registered-models/alias", { name, alias }),
};

/** Writes to one version of a registered model. */
export const versions = {
  describe: (name: string, version: string, description: string) =>
    write("PATCH", "model-versions/update", { name, version, description }),
  remove: (name: string, version: string) =>
    write("DELETE", "model-versions/delete", { name, version }),
  setTag: (name: string, version: string, key: string, value: string) =>
    write("POST", "model-versions/set-tag", { name, version, key, value }),
  deleteTag: (name: string, version: string, key: string) =>
    write("DELETE", "model-versions/delete-tag", { name, version, key }),
  setStage: (name: string, version: string, stage: Stage, archive: boolean) =>
    write("POST", "model-versions/transition-stage", {
      name,
      version,
      stage,
      archive_existing_versions: archive,
    }),
};

export interface LoggedSearch {
  experiment_ids: string[];
  filter: string | undefined;
  order_by: { field_name: string; ascending: boolean }[];
  max_results: number;
  page_token: string | undefined;
}

export async function searchLogged(
  query: LoggedSearch,
  signal?: AbortSignal,
): Promise<Page<LoggedModel>> {
  type Answer = { models?: LoggedModel[]; next_page_token?: string };
  const answer = await write<Answer>("POST", "logged-models/search", query, signal);
  return { items: answer.models ?? [], next: answer.next_page_token || undefined };
}

const logged = (id: string) => `logged-models/${encodeURIComponent(id)}`;

export async function fetchLogged(id: string, signal?: AbortSignal): Promise<LoggedModel> {
  return (await get<{ model: LoggedModel }>(logged(id), undefined, signal)).model;
}

export const loggedModels = {
  remove: (id: string) => write("DELETE", logged(id), {}),
  setTag: (id: string, key: string, value: string) =>
    write("PATCH", `${logged(id)}/tags`, { model_id: id, tags: [{ key, value }] }),
  deleteTag: (id: string, key: string) =>
    write("DELETE", `${logged(id)}/tags/${encodeURIComponent(key)}`, {}),
};

export async function fetchLoggedFiles(
  id: string,
  path: string,
  signal?: AbortSignal,
): Promise<ModelFile[]> {
  const query = { artifact_directory_path: path || undefined };
  const at = `${logged(id)}/artifacts/directories`;
  return (await get<{ files?: ModelFile[] }>(at, query, signal)).files ?? [];
}

interface RunLinks {
  run: {
    inputs?: { model_inputs?: { model_id: string }[] };
    outputs?: { model_outputs?: { model_id: string }[] };
  };
}

/** The models that a run consumed and produced. */
export async function fetchRunLinks(runId: string, signal?: AbortSignal) {
  const { run } = await get<RunLinks>("runs/get", { run_id: runId }, signal);
  return {
    inputs: run.inputs?.model_inputs?.map((one) => one.model_id) ?? [],
    outputs: run.outputs?.model_outputs?.map((one) => one.model_id) ?? [],
  };
}
