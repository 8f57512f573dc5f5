// CSV out of what a chart shows, and the download of a file that was made in the browser.

import { type Line, metricOf, type XMode } from "./lines";

/** RFC 4180, and a leading apostrophe where a spreadsheet would run the cell as a formula. */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return `${rows.map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

/** One row per bucket and per mark, so that nothing the chart shows is lost. */
export function chartRows(lines: readonly Line[], mode: XMode): (string | number | null)[][] {
  const xName =
    metricOf(mode) ?? (mode === "step" ? "step" : mode === "relative" ? "seconds" : "time_s");
  const rows: (string | number | null)[][] = [["run", xName, "last", "min", "max"]];
  for (const line of lines) {
    const own: [number, (string | number | null)[]][] = line.xs.map((x, index) => [
      x,
      [line.label, x, line.last[index] ?? null, line.min[index] ?? null, line.max[index] ?? null],
    ]);
    for (const x of line.nans) own.push([x, [line.label, x, Number.NaN, null, null]]);
    for (const [x, sign] of line.infs)
      own.push([x, [line.label, x, sign * Number.POSITIVE_INFINITY, null, null]]);
    own.sort((a, b) => a[0] - b[0]);
    for (const [, row] of own) rows.push(row);
  }
  return rows;
}

export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after this turn; revoking at once would cancel the download.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A metric key as the base of a file name. */
export function fileName(text: string): string {
  return text.replace(/[^\w.-]+/g, "_").replace(/^[._]+/, "") || "chart";
}
