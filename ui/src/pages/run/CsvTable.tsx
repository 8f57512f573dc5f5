// The first rows of a CSV file as a table.

import table from "../../parts/DataTable.module.css";
import { formatCount } from "../../parts/format";
import { TableFrame } from "../../parts/TableFrame";
import css from "./artifacts.module.css";
import { readCsvHead } from "./csv-head";

const ROWS = 200;

export function CsvTable({
  text,
  separator,
  cut,
}: {
  text: string;
  separator: string;
  cut: boolean;
}) {
  const head = readCsvHead(text, separator, ROWS, cut);
  return (
    <>
      <p className="muted small">
        {head.more
          ? `The first ${formatCount(head.rows.length)} rows`
          : `${formatCount(head.rows.length)} ${head.rows.length === 1 ? "row" : "rows"}`}
        , {formatCount(head.header.length)} {head.header.length === 1 ? "column" : "columns"}
      </p>
      <TableFrame label="Rows" className={css.csv}>
        <table className={table.table}>
          <thead>
            <tr>
              {numbered(head.header).map(([column, name]) => (
                <th key={column} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {numbered(head.rows).map(([index, row]) => (
              <tr key={index}>
                {numbered(row).map(([column, cell]) => (
                  <td key={column} className={isNumber(cell) ? table.n : undefined}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </>
  );
}

/** Rows and cells have no identity but their place, which never changes. */
function numbered<T>(list: readonly T[]): [number, T][] {
  return list.map((item, index) => [index, item]);
}

function isNumber(cell: string): boolean {
  return cell !== "" && Number.isFinite(Number(cell));
}
