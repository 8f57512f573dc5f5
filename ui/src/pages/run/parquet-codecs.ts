// Decompressors for Parquet files, each loaded when a file needs it. Snappy, the most common, is part of the reader; the
// one of this package is WebAssembly, which the content security policy does not allow.
import type { Compressors } from "hyparquet";

export async function loadCodecs(needed: ReadonlySet<string>): Promise<Compressors> {
  const parts = await Promise.all([
    needed.has("BROTLI") ? import("./parquet-brotli") : undefined,
    ["GZIP", "ZSTD", "LZ4", "LZ4_RAW"].some((codec) => needed.has(codec))
      ? import("./parquet-codecs-small")
      : undefined,
  ]);
  return Object.assign({}, ...parts.map((part) => part?.codecs ?? {}));
}
