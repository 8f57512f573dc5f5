// The metric values and parameters of a logged model.
import type { LoggedModel } from "../../api/models";
import table from "../../parts/DataTable.module.css";
import { formatCount } from "../../parts/format";
import { Num } from "../../parts/Num";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { KeyValues } from "../run/KeyValues";
import { metricFacts } from "./logged";
import css from "./models.module.css";
import { Section } from "./parts";
import { RunName, useRunNames } from "./RunName";

export function LoggedFacts({ model }: { model: LoggedModel }) {
  const facts = metricFacts(model.data?.metrics ?? []);
  // A model may be measured by runs of any experiment.
  const names = useRunNames(facts.map((fact) => fact.runId));
  return (
    <>
      <Section title="Metrics" count={facts.length}>
        {facts.length === 0 ? (
          <p className="muted">No metric was logged for this model.</p>
        ) : (
          <TableFrame label="Values of metrics">
            <table className={`${table.table} ${css.table}`}>
              <thead>
                <tr>
                  <th scope="col">Metric</th>
                  <th scope="col" className={table.n}>
                    Last
                  </th>
                  <th scope="col" className={table.n}>
                    @ step
                  </th>
                  <th scope="col" className={table.n}>
                    Points
                  </th>
                  <th scope="col">Data set</th>
                  <th scope="col">Run</th>
                  <th scope="col">Logged</th>
                </tr>
              </thead>
              <tbody>
                {facts.map((fact) => (
                  <tr key={JSON.stringify([fact.key, fact.dataset, fact.digest])}>
                    <th scope="row">{fact.key}</th>
                    <td className={table.n}>
                      <Num value={fact.last.value} />
                    </td>
                    <td className={table.n}>{formatCount(fact.last.step ?? 0)}</td>
                    <td className={table.n}>{formatCount(fact.points)}</td>
                    <td>
                      {fact.dataset || <span className="muted">—</span>}{" "}
                      <span className="mono muted small">{fact.digest}</span>
                    </td>
                    <td>
                      <RunName id={fact.runId} names={names} />
                    </td>
                    <td>
                      <Time at={fact.last.timestamp} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableFrame>
        )}
      </Section>
      <KeyValues
        title="Parameters"
        one="parameter"
        entries={(model.data?.params ?? []).map(({ key, value }) => [key, value])}
      />
    </>
  );
}
