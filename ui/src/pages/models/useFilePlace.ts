// Where the files of a version are: told by its source, or else by the server, which follows sources
// that name a version of another model.
import type { ModelVersion } from "../../api/models";
import { useDownloadUri } from "./queries";
import { type FilePlace, placeOfSource } from "./source";

export interface FoundPlace {
  /** Undefined where this server cannot show the files. */
  place: FilePlace | undefined;
  isPending: boolean;
  error: unknown;
  retry: () => void;
}

export function useFilePlace(version: ModelVersion): FoundPlace {
  const run = version.run_id ?? "";
  const told = placeOfSource(version.source ?? "", run);
  const asked = useDownloadUri(version.name, version.version, told === undefined);
  if (told) return { place: told, isPending: false, error: null, retry: () => undefined };
  return {
    place: asked.data === undefined ? undefined : placeOfSource(asked.data, run),
    isPending: asked.isPending,
    error: asked.error,
    retry: () => void asked.refetch(),
  };
}
