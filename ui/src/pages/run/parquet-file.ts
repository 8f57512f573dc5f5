// Reads the head of a Parquet file through range requests: the footer, and the first rows of the first row group.
import { type FileMetaData, parquetMetadataAsync, parquetRead } from "hyparquet";
import { fetchRange } from "./artifact-bytes";
import { loadCodecs } from "./parquet-codecs";
import {
  chooseColumns,
  dateText,
  decimalScales,
  decimalText,
  type ParquetColumn,
  schemaColumns,
  timestampText,
  withoutDecimals,
} from "./parquet-schema";

const ROWS = 200;
const COLUMNS = 50;
/** Columns are stored in pieces that can be read only as a whole; this much of them is fetched. */
const BUDGET = 16 * 1000 * 1000;
const FOOTER = 64 * 1024;
/** A footer that is larger than this has more columns and row groups than anybody reads here. */
const LARGEST_FOOTER = 32 * 1000 * 1000;

export interface ParquetHead {
  rows: number;
  groups: number;
  createdBy: string;
  schema: ParquetColumn[];
  /** Names of the columns of which values were read. */
  columns: string[];
  /** Columns that were left out of `values`. */
  left: number;
  values: unknown[][];
  /** Why there are no values, where the schema could be read but the rows could not. */
  problem: string | null;
}

export async function readParquetHead(
  runId: string,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<ParquetHead> {
  const file = {
    byteLength: size,
    slice: (start: number, end = size) => {
      const last = Math.min(end, size);
      if (start >= last) return new ArrayBuffer(0);
      if (last - start > Math.max(BUDGET, LARGEST_FOOTER))
        throw new Error("The file asks for more at once than a preview reads");
      return fetchRange(runId, path, start, last, signal);
    },
  };
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: FOOTER });
  const head: ParquetHead = {
    rows: Number(metadata.num_rows),
    groups: metadata.row_groups.length,
    createdBy: metadata.created_by ?? "",
    schema: schemaColumns(metadata.schema),
    columns: [],
    left: 0,
    values: [],
    problem: null,
  };
  try {
    Object.assign(head, await readRows(file, metadata));
  } catch (error) {
    if (signal.aborted) throw error;
    head.problem = error instanceof Error ? error.message : String(error);
  }
  return head;
}

async function readRows(
  file: Parameters<typeof parquetMetadataAsync>[0],
  metadata: FileMetaData,
): Promise<Pick<ParquetHead, "columns" | "left" | "values">> {
  const group = metadata.row_groups[0];
  if (!group) return { columns: [], left: 0, values: [] };
  const { columns, left, codecs } = chooseColumns(metadata, group, BUDGET, COLUMNS);
  if (columns.length === 0) return { columns, left, values: [] };
  const compressors = await loadCodecs(codecs);
  const scales = decimalScales(metadata.schema);
  let values: unknown[][] = [];
  await parquetRead({
    file,
    metadata: { ...metadata, schema: withoutDecimals(metadata.schema, scales) },
    columns,
    rowStart: 0,
    rowEnd: Math.min(ROWS, Number(group.num_rows)),
    compressors,
    // Bytes stay bytes, so that what is no text is not shown as noise.
    utf8: false,
    useOffsetIndex: true,
    parsers: {
      timestampFromMilliseconds: (count) => timestampText(count, 1_000n),
      timestampFromMicroseconds: (count) => timestampText(count, 1_000_000n),
      timestampFromNanoseconds: (count) => timestampText(count, 1_000_000_000n),
      dateFromDays: dateText,
    },
    onComplete: (rows) => {
      values = rows.map((row: unknown[]) =>
        row.map((value, at) => {
          const scale = scales.get(columns[at] ?? "");
          return scale === undefined ? value : decimalText(value, scale);
        }),
      );
    },
  });
  return { columns, left, values };
}
