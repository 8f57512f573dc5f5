// The table of logged models. Its columns of metrics and parameters are those that most of the loaded
// models have.
import { Link } from "wouter";
import type { LoggedModel } from "../../api/models";
import table from "../../parts/DataTable.module.css";
import { Num } from "../../parts/Num";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { loggedModelRoute, versionRoute } from "./address";
import { commonKeys, latestValues, registrations, statusLook } from "./logged";
import css from "./models.module.css";
import type { LoggedOrder } from "./queries";
import { RunName, useRunNames } from "./RunName";

const METRICS = 6;
const PARAMS = 6;
const REGISTERED = 2;

interface Props {
  models: readonly LoggedModel[];
  dimmed: boolean;
  order: LoggedOrder;
  onSort: (field: string) => void;
}

export function LoggedTable({ models, dimmed, order, onSort }: Props) {
  // The table is of one experiment, and a model's source run is in the model's experiment.
  const names = useRunNames(
    models.map((one) => one.info.source_run_id),
    models[0]?.info.experiment_id,
  );
  const values = models.map((one) => latestValues(one));
  const params = models.map(
    (one) => new Map(one.data?.params?.map(({ key, value }) => [key, value])),
  );
  const metricKeys = commonKeys(
    values.map((one) => [...one.keys()]),
    METRICS,
  );
  const paramKeys = commonKeys(
    params.map((one) => [...one.keys()]),
    PARAMS,
  );
  const head = (field: string, label: string, number = false) => (
    <th
      key={field}
      scope="col"
      className={number ? table.n : undefined}
      aria-sort={order.field === field ? (order.descending ? "descending" : "ascending") : "none"}
    >
      <button type="button" onClick={() => onSort(field)}>
        {label}
        {order.field === field && <span aria-hidden="true">{order.descending ? "↓" : "↑"}</span>}
      </button>
    </th>
  );
  return (
    <TableFrame label="Logged models" className={dimmed ? css.dimmed : ""}>
      <table className={`${table.table} ${css.table}`} aria-busy={dimmed}>
        <thead>
          <tr>
            {head("name", "Name")}
            <th scope="col">Status</th>
            {head("creation_timestamp", "Created")}
            <th scope="col">Type</th>
            <th scope="col">Source run</th>
            <th scope="col">Registered as</th>
            {metricKeys.map((key) => head(`metrics.${key}`, key, true))}
            {paramKeys.map((key) => (
              <th key={key} scope="col" title={`Parameter ${key}`}>
                {key}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map((model, index) => (
            <tr key={model.info.model_id}>
              <Facts model={model} names={names} />
              {metricKeys.map((key) => (
                <td key={key} className={table.n}>
                  <Num value={values[index]?.get(key)?.value} />
                </td>
              ))}
              {paramKeys.map((key) => (
                <td key={key} className={`${css.oneLine} mono`} title={params[index]?.get(key)}>
                  {params[index]?.get(key) ?? <span className="muted">—</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function Facts({ model: { info }, names }: { model: LoggedModel; names: Map<string, string> }) {
  const look = statusLook(info.status);
  const registered = registrations(info.tags ?? []);
  return (
    <>
      <th scope="row" className={css.name} title={info.model_id}>
        <Link href={loggedModelRoute(info.experiment_id, info.model_id)}>{info.name}</Link>
      </th>
      <td>
        <Signal tone={look.tone}>{look.word}</Signal>
      </td>
      <td>
        <Time at={info.creation_timestamp_ms} />
      </td>
      <td>{info.model_type || <span className="muted">—</span>}</td>
      <td>
        <RunName id={info.source_run_id} names={names} />
      </td>
      <td>
        <span className={css.lined}>
          {registered.slice(0, REGISTERED).map((one) => (
            <Link key={`${one.name}/${one.version}`} href={versionRoute(one.name, one.version)}>
              {one.name} v{one.version}
            </Link>
          ))}
          {registered.length > REGISTERED && (
            <span className="muted small">+{registered.length - REGISTERED}</span>
          )}
          {registered.length === 0 && <span className="muted">—</span>}
        </span>
      </td>
    </>
  );
}
