// CSV of all matching rows, filtered and sorted as on screen. Values are written in full; the
// browser gets the file piece by piece, so that 100 000 rows do not become one huge string.
import { errorText } from "../../api/client";
import type { MetricValue, RunRow, RunsQuery } from "../../api/contract";
import { fetchRuns } from "../../api/queries";
import { fullNumber } from "../../parts/format";
import { toast } from "../../parts/Toast";
import { type Column, columnLabel } from "./columns";
import type { RowStore } from "./row-store";
import { type ColumnId, withIds } from "./url-state";

const PAGE = 500;

/**
 * One field. A text that a spreadsheet would take for a formula gets a leading apostrophe, because
 * names and parameters come from anybody who may log.
 */
export function csvField(value: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d|Infinity|\.\d)/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A column and what the server is asked for to fill it. */
export type ExportColumn = Pick<Column, "id" | "source">;

function field(row: RunRow, { id, source }: ExportColumn, values: Map<string, number>): string {
  switch (id) {
    case "name":
      return csvField(row.name);
    case "status":
      return row.status;
    case "started":
      return new Date(row.start).toISOString();
    case "duration":
      return row.end === null ? "" : String((row.end - row.start) / 1000);
    case "user":
      return csvField(row.user);
    case "id":
      return row.run_id;
    default: {
      const value = row.values[values.get(source) ?? -1];
      if (value === null || value === undefined) return "";
      return id.startsWith("metrics.") ? fullNumber(value as MetricValue) : csvField(String(value));
    }
  }
}

function head(id: ColumnId): string {
  if (id === "duration") return "duration_s";
  return csvField(/^(metrics|params|tags)\./.test(id) ? id : columnLabel(id).toLowerCase());
}

export function csvHead(columns: ExportColumn[]): string {
  const rest = columns.filter(({ id }) => id !== "id");
  return `${["run_id", ...rest.map(({ id }) => head(id))].join(",")}\r\n`;
}

export function csvRows(rows: RunRow[], columns: ExportColumn[], asked: string[]): string {
  const values = new Map(asked.map((column, place) => [column, place]));
  const rest = columns.filter(({ id }) => id !== "id");
  return rows
    .map(
      (row) => `${[row.run_id, ...rest.map((column) => field(row, column, values))].join(",")}\r\n`,
    )
    .join("");
}

/** Fetches everything and hands it to the browser as a file. */
export async function exportCsv(
  query: RunsQuery,
  columns: ExportColumn[],
  name: string,
  progress?: (done: number, of: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const pieces: string[] = [csvHead(columns)];
  let { snapshot } = query;
  let offset = 0;
  for (;;) {
    const answer = await fetchRuns(
      { ...query, offset, limit: PAGE, ...(snapshot ? { snapshot } : {}) },
      signal,
    );
    snapshot = answer.snapshot;
    pieces.push(csvRows(answer.rows, columns, query.columns));
    offset += answer.rows.length;
    progress?.(offset, answer.matched);
    if (answer.rows.length === 0 || offset >= answer.matched) break;
  }
  const address = URL.createObjectURL(new Blob(pieces, { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name.replace(/[^\w.-]+/g, "_") || "runs"}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The same for some runs of the table. */
export async function exportSelected(
  table: Pick<RowStore, "exportQuery">,
  ids: readonly string[],
  columns: ExportColumn[],
  name: string,
): Promise<void> {
  const query = table.exportQuery();
  if (!query) return;
  // Others than those of the snapshot are asked for.
  const { snapshot: _, ...whole } = query;
  const filter = withIds(whole.filter, ids);
  try {
    await exportCsv({ ...whole, filter }, columns, `${name} selected`);
  } catch (error) {
    toast({ message: `The export failed: ${errorText(error)}`, tone: "bad" });
  }
}
