// The query for the head of a file, which previews and comparisons share.
import { queryOptions } from "@tanstack/react-query";
import { fetchHead } from "./artifact-bytes";

/** The first `limit` bytes; kept as long as the size stays. */
export function headOf(runId: string, path: string, size: number | null, limit: number) {
  return queryOptions({
    queryKey: ["artifact-bytes", runId, path, size],
    queryFn: ({ signal }) => fetchHead(runId, path, limit, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}
