// The only place that talks HTTP to the server and the only place that knows the base path.
// Failures are always an ApiError: with the server's words where it answered, with our own where
// it could not be reached.
import type { ErrorBody, Span } from "./contract";

/**
 * Where the application is mounted, with a slash at both ends. Built modules live in
 * `<base>assets/`, so the address of this module tells the base without any configuration.
 */
function findBase(): string {
  const here = import.meta.url;
  if (import.meta.env.DEV || !here.startsWith("http")) return "/";
  return new URL(here.slice(0, here.lastIndexOf("/assets/") + 1)).pathname;
}

export const basePath = findBase();

/** The path of an application route or server resource below the base path. */
export function url(path: string): string {
  return basePath + path.replace(/^\//, "");
}

/** The address of the server as clients use it, without a slash at the end. */
export function serverAddress(): string {
  return location.origin + basePath.replace(/\/$/, "");
}

const LOGGED_MODEL = /^m-[0-9a-f]{32}$/;

/** Where the bytes of one artifact are; `owner` is the id of a run or of a logged model. */
export function artifactUrl(owner: string, path: string): string {
  if (LOGGED_MODEL.test(owner)) {
    const file = withParams(`logged-models/${owner}/artifacts/files`, { artifact_file_path: path });
    return url(MLFLOW + file);
  }
  return url(`get-artifact?${new URLSearchParams({ run_id: owner, path })}`);
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    message: string,
    /** HTTP status; 0 = no answer. */
    readonly status: number,
    readonly code: string,
    readonly requestId?: string,
    readonly span?: Span,
  ) {
    super(message);
  }
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const id = response.headers.get("x-request-id") ?? undefined;
  try {
    const body = JSON.parse(text) as ErrorBody;
    if (typeof body.message === "string")
      return new ApiError(
        body.message,
        response.status,
        body.error_code,
        body.request_id ?? id,
        body.span,
      );
  } catch {
    // Not our JSON, for example an error page of a proxy: the status is all there is to say.
  }
  return new ApiError(
    `The server answered ${response.status} ${response.statusText}`.trim(),
    response.status,
    "HTTP",
    id,
  );
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url(path), { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached", 0, "UNREACHABLE");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const text = await (await ask(path, init)).text();
  return (text === "" ? {} : JSON.parse(text)) as T;
}

type Params = Record<string, string | number | undefined>;

function withParams(path: string, params: Params | undefined): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params ?? {}))
    if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

function writing(method: Method, body: unknown, accept: string, signal?: AbortSignal): RequestInit {
  return {
    method,
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
    signal: signal ?? null,
  };
}

function write<T>(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>(path, writing(method, body, "application/json", signal));
}

const OWN = "api/runledger/v1/";
/** The prefix of MLflow's own pages: some calls, such as those for files of models, exist only there. */
const MLFLOW = "ajax-api/2.0/mlflow/";

/** GET of our own API; `path` without the prefix. */
export function apiGet<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return send<T>(withParams(OWN + path, params), { signal: signal ?? null });
}

/** POST of our own API; `path` without the prefix. */
export function apiPost<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return write<T>("POST", OWN + path, body, signal);
}

/** PUT of our own API; `path` without the prefix. */
export function apiPut<T>(path: string, body: unknown): Promise<T> {
  return write<T>("PUT", OWN + path, body);
}

/** DELETE of our own API; `path` without the prefix. */
export function apiDelete<T>(path: string): Promise<T> {
  return send<T>(OWN + path, { method: "DELETE" });
}

/** GET of MLflow's REST API; `path` without the prefix. */
export function mlflowGet<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return send<T>(withParams(MLFLOW + path, params), { signal: signal ?? null });
}

/** A write of MLflow's REST API; `path` without the prefix. */
export function mlflowWrite<T>(
  method: Method,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return write<T>(method, MLFLOW + path, body, signal);
}

/** POST of our own API whose answer is not JSON. */
export async function apiPostForBytes(
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const init = writing("POST", body, "application/octet-stream", signal);
  return (await ask(OWN + path, init)).arrayBuffer();
}

/** POST of MLflow's REST API; `path` without the prefix. */
export function mlflowPost<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return mlflowWrite<T>("POST", path, body, signal);
}

/** Words for any thrown value. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
