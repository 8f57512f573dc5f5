// Files of a model, whether a run or a logged model holds them: one way to list and to find them.
import { useQuery } from "@tanstack/react-query";
import { apiGet } from "../../api/client";
import type { ArtifactList } from "../../api/contract";
import { fetchLoggedFiles } from "../../api/models";
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

/** Whose artifact a file is, a run's or a logged model's, and its path from their root. */
export function whereIs(place: FilePlace, path: string): { owner: string; path: string } {
  return place.kind === "logged"
    ? { owner: place.modelId, path }
    : { owner: place.runId, path: join(place.path, path) };
}
