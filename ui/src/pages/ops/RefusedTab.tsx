// The writes that the server refused last, as their clients saw it.
import { useRefusedWrites } from "../../api/queries";
import { Copy } from "../../parts/Copy";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { Skeleton } from "../../parts/Skeleton";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import css from "./ops.module.css";

export default function RefusedTab() {
  const list = useRefusedWrites();
  const refused = list.data?.refused ?? [];
  return (
    <section aria-label="Refused writes">
      <div className={css.sectionHead}>
        <h2>
          Refused writes <span className="muted">{refused.length}</span>
        </h2>
      </div>
      <p className={`muted ${css.about}`}>
        The latest 200 that this process refused or failed to do since it began. Nothing of what
        they sent is kept.
      </p>
      {list.error && (
        <ErrorBox
          what="The refused writes could not be listed"
          error={list.error}
          retry={() => void list.refetch()}
        />
      )}
      {list.isPending ? (
        <Skeleton lines={4} />
      ) : refused.length === 0 ? (
        !list.error && <EmptyState title="No write was refused." />
      ) : (
        <TableFrame label="Refused writes">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Status</th>
                <th scope="col">Request</th>
                <th scope="col">Message</th>
                <th scope="col">Client</th>
                <th scope="col">Request id</th>
              </tr>
            </thead>
            <tbody>
              {refused.map((one) => (
                <tr key={`${one.at} ${one.request_id}`}>
                  <td className={css.once}>
                    <Time at={one.at} />
                  </td>
                  <td className={css.once}>
                    <Signal tone={one.status >= 500 ? "bad" : "warn"}>{one.status}</Signal>
                    <div className="mono small">{one.error_code ?? "—"}</div>
                  </td>
                  <th scope="row" className={css.route}>
                    {one.method} {one.route}
                  </th>
                  <td className={css.message}>{one.message || "—"}</td>
                  <td>
                    {one.client}
                    <div className="muted small">{one.agent}</div>
                  </td>
                  <td>
                    <span className={css.rowActions}>
                      <span className="mono small" title={one.request_id}>
                        {one.request_id.slice(0, 8)}
                      </span>
                      <Copy text={one.request_id} />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
    </section>
  );
}
