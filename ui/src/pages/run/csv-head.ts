// Reads the first rows of CSV or TSV text (RFC 4180, tolerant). Pure.
export interface CsvHead {
  header: string[];
  rows: string[][];
  /** There are more rows than these. */
  more: boolean;
}

/** `cut` says that the text ends in the middle of the file, so its last row cannot be trusted. */
export function readCsvHead(text: string, separator: string, limit: number, cut: boolean): CsvHead {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    // A blank line is no row.
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  // One row more than asked for, and the header, tell whether there are more.
  while (at < text.length && rows.length < limit + 2) {
    const char = text[at] ?? "";
    if (quoted) {
      if (char === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === separator) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r" || text[at + 1] !== "\n") cell += char;
    at += 1;
  }
  const ended = at >= text.length;
  if (ended && !cut && (cell !== "" || row.length > 0)) endRow();
  const [header = [], ...body] = rows;
  return { header, rows: body.slice(0, limit), more: body.length > limit || (ended && cut) };
}
