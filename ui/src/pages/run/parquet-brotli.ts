// Brotli for Parquet, by itself because its dictionary is larger than all other decompressors together.
import type { Compressors } from "hyparquet";
import { decompressBrotli } from "hyparquet-compressors/src/brotli.js";

export const codecs: Compressors = { BROTLI: decompressBrotli };
