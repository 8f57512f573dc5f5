// A folder of several runs at once, as one list.
import { useQueries } from "@tanstack/react-query";
import type { ArtifactEntry } from "../../api/contract";
import { artifactsIn } from "../../api/queries";
import { type Merged, mergeEntries } from "./merged";

export interface Folder {
  /** Undefined until all runs have answered: who has what is not told by halves. */
  merged: readonly Merged[] | undefined;
  error: unknown;
  retry: () => void;
}

const NONE: readonly ArtifactEntry[] = [];

/** `has`: which of the runs have the folder; the others are not asked. */
export function useFolder(
  runIds: readonly string[],
  path: string,
  has: readonly boolean[] | undefined,
): Folder {
  return useQueries({
    queries: runIds.map((runId, index) => ({
      ...artifactsIn(runId, path),
      enabled: has?.[index] ?? true,
    })),
    combine: (answers) => {
      const asked = answers.filter((_, index) => has?.[index] ?? true);
      const failed = asked.find(({ error, data }) => error && !data);
      return {
        merged: asked.every(({ data }) => data)
          ? mergeEntries(answers.map(({ data }) => data?.entries ?? NONE))
          : undefined,
        error: failed?.error,
        retry: () => {
          for (const answer of asked) if (answer.error) void answer.refetch();
        },
      };
    },
  });
}
