// Keys and values as a table that can be searched.
import { useState } from "react";
import { byName } from "../../charts/metrics";
import { Copy } from "../../parts/Copy";
import table from "../../parts/DataTable.module.css";
import { TableFrame } from "../../parts/TableFrame";
import { useCut } from "../../parts/useCut";
import css from "./run.module.css";

/** From this many on there is a search field. */
const SEARCH_FROM = 8;
/** Rows before one asks for more. */
const ROWS = 200;

export function KeyValues({
  title,
  one,
  entries,
  head,
  actions,
}: {
  title: string;
  one: string;
  entries: [string, string][];
  /** Beside the title. */
  head?: React.ReactNode;
  /** In each row; without it the value can be copied. */
  actions?: ((key: string, value: string) => React.ReactNode) | undefined;
}) {
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const matching = entries
    .filter(
      ([key, value]) => key.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted),
    )
    .sort(([a], [b]) => byName(a, b));
  const { shown, more } = useCut(matching, ROWS);
  return (
    <section aria-label={title || `More ${one}s`}>
      {(title || entries.length >= SEARCH_FROM) && (
        <div className={css.sectionHead}>
          <h2>
            {title} {title && <span className="muted">{entries.length}</span>}
          </h2>
          {head}
          {entries.length >= SEARCH_FROM && (
            <input
              type="search"
              aria-label={`Search ${one}s`}
              placeholder={`Search ${one}s`}
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          )}
        </div>
      )}
      {entries.length === 0 ? (
        <p className="muted">No {one} was set.</p>
      ) : shown.length === 0 ? (
        <p className="muted">
          No {one} of {entries.length} matches.
        </p>
      ) : (
        <TableFrame label={`Values of ${one}s`}>
          <table className={table.table}>
            <tbody>
              {shown.map(([key, value]) => (
                <tr key={key} className={css.pair}>
                  <th scope="row">{key}</th>
                  <td className={table.wrap}>
                    <span>{value}</span>
                  </td>
                  <td className={css.copyCell}>
                    {actions ? actions(key, value) : <Copy text={value} />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {more}
        </TableFrame>
      )}
    </section>
  );
}
