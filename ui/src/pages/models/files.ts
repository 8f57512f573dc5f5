// Files of a model, whether a run or a logged model holds them: one way to list and to read them.
import { useQuery } from "@tanstack/react-query";
import { apiGet, artifactUrl } from "../../api/client";
import type { ArtifactList } from "../../api/contract";
import { fetchLoggedFiles, loggedFileUrl, refusal } from "../../api/models";
import type { Head } from "../run/artifact-bytes";
import type { FilePlace } from "./source";

export interface FileEntry {
  /** From the root of the model. */
  path: string;
  isDir: boolean;
  size: number | null;
}

function join(folder: string, path: string): string {
  return [folder, path].filter(Boolean).join("/");
}

async function list(place: FilePlace, path: string, signal: AbortSignal): Promise<FileEntry[]> {
  if (place.kind === "logged") {
    const files = await fetchLoggedFiles(place.modelId, path, signal);
    return files.map((one) => ({
      path: one.path,
      isDir: one.is_dir,
      size: one.file_size ?? null,
    }));
  }
  const answer = await apiGet<ArtifactList>(
    `artifacts/${encodeURIComponent(place.runId)}`,
    { path: join(place.path, path) },
    signal,
  );
  const before = place.path === "" ? 0 : place.path.length + 1;
  return answer.entries.map((one) => ({
    path: one.path.slice(before),
    isDir: one.is_dir,
    size: one.size,
  }));
}

export function useFiles(place: FilePlace, path: string) {
  return useQuery({
    queryKey: ["model-files", place, path],
    queryFn: ({ signal }) => list(place, path, signal),
  });
}

export function fileUrl(place: FilePlace, path: string): string {
  return place.kind === "logged"
    ? loggedFileUrl(place.modelId, path)
    : artifactUrl(place.runId, join(place.path, path));
}

/** The first `limit` bytes; of a server or proxy without ranges no more than those are read. */
export async function readHead(url: string, limit: number, signal: AbortSignal): Promise<Head> {
  const response = await fetch(url, {
    headers: { range: `bytes=0-${limit - 1}` },
    credentials: "same-origin",
    signal,
  });
  // An empty file has no first byte, so the range cannot be met.
  if (response.status === 416) return { bytes: new ArrayBuffer(0), cut: false };
  if (!response.ok) throw await refusal(response);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  while (reader && size <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.byteLength;
  }
  await reader?.cancel();
  const bytes = await new Blob(parts).slice(0, limit).arrayBuffer();
  const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? size);
  return { bytes, cut: size > limit || total > bytes.byteLength };
}
