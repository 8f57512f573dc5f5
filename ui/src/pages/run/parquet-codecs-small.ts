// The small decompressors for Parquet: gzip, zstd and LZ4.
import { decompress } from "fzstd";
import type { Compressors } from "hyparquet";
import { gunzip } from "hyparquet-compressors/src/gzip.js";
import { decompressLz4, decompressLz4Raw } from "hyparquet-compressors/src/lz4.js";

/** A page of nulls holds nothing, and is compressed all the same; the package expects data there. */
const EMPTY = new Uint8Array(0);

export const codecs: Compressors = {
  GZIP: (input, length) => gunzip(input, new Uint8Array(length)),
  ZSTD: (input) => decompress(input),
  LZ4: (input, length) => (length === 0 ? EMPTY : decompressLz4(input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? EMPTY : decompressLz4Raw(input, length)),
};
