// The table on the screen as code: the same filter, order and columns for MLflow's client where that can say it, and the
// call of this server's API that the table itself makes. Pure.
import type { RunsQuery } from "../../api/contract";
import { columnKind } from "./columns";
import { metricColumn } from "./metric-column";
import type { ColumnId } from "./url-state";

/** What MLflow's data frame calls a column of the table. */
const frameNames: Record<string, string[]> = {
  name: ["tags.mlflow.runName"],
  status: ["status"],
  started: ["start_time"],
  duration: ["start_time", "end_time"],
  user: ["tags.mlflow.user"],
  id: ["run_id"],
};

const viewTypes = { active: "", deleted: "DELETED_ONLY", all: "ALL" };

/** A Python string. JSON's escapes are Python's too. */
const python = (text: string) => JSON.stringify(text);

/** `max(metrics.loss) DESC` as MLflow can have it: `metrics.loss DESC`. */
const lastValue = (order: string) => order.replace(/^(?:min|max)\((.*)\)(?= (?:ASC|DESC)$)/s, "$1");

export function frameColumns(columns: ColumnId[]): string[] {
  const names = columns.flatMap((id) => {
    const kind = columnKind(id);
    if (kind === "built-in") return frameNames[id] ?? [];
    // A curve has no column in a data frame; its metric has.
    if (kind === "spark") return `metrics.${id.slice("spark.".length)}`;
    // MLflow's client knows no value of a metric but the last.
    const metric = metricColumn(id);
    return metric ? `metrics.${metric.key}` : id;
  });
  return [...new Set(["run_id", ...names])];
}

export function pythonSnippet(address: string, query: RunsQuery, columns: ColumnId[]): string {
  const view = viewTypes[query.view];
  const call = [
    `    experiment_ids=[${query.experiment_ids.map(python).join(", ")}],`,
    ...(query.filter.trim() === "" ? [] : [`    filter_string=${python(query.filter)},`]),
    `    order_by=[${query.order_by.map(lastValue).map(python).join(", ")}],`,
    ...(view === "" ? [] : [`    run_view_type=ViewType.${view},`]),
  ];
  const shown = frameColumns(columns).map((name) => `    ${python(name)},`);
  return `import mlflow
${view === "" ? "" : "from mlflow.entities import ViewType\n"}
mlflow.set_tracking_uri(${python(address)})

runs = mlflow.search_runs(
${call.join("\n")}
)

# The columns of the table; those that no run has are left out.
runs = runs.filter(items=[
${shown.join("\n")}
])
`;
}

/** What is sent for all rows: the page's own place in the table is left out. */
function wholeQuery({ snapshot: _, offset: __, limit: ___, ...rest }: RunsQuery) {
  return rest;
}

/** For what MLflow's search cannot say, such as `OR`: the call of this server's own API, for all rows. */
export function requestsSnippet(address: string, query: RunsQuery): string {
  const body = JSON.stringify({ ...wholeQuery(query), limit: 500 }, null, 4);
  const names = ["run_id", "name", "status", "start", "end"];
  const heads = [...names, ...query.columns].map((name) => `    ${python(name)},`);
  return `import pandas
import requests

# MLflow's client cannot say this filter or order; the server's own API can.
query = ${body}
rows = []
while True:
    response = requests.post(
        ${python(`${address}/api/runledger/v1/runs/query`)},
        json={**query, "offset": len(rows)},
    )
    response.raise_for_status()
    answer = response.json()
    rows += answer["rows"]
    if len(rows) >= answer["matched"]:
        break
    # The rest of the same table, whatever happens meanwhile.
    query["snapshot"] = answer["snapshot"]

columns = [
${heads.join("\n")}
]
runs = pandas.DataFrame(
    [[row[name] for name in columns[:${names.length}]] + row["values"] for row in rows],
    columns=columns,
)
`;
}

/** Whether MLflow's client can ask for this order. It knows the last value of a metric, and no duration. */
export function isMlflowOrder(query: RunsQuery): boolean {
  return !query.order_by.some((order) => order.startsWith("attributes.duration"));
}

/** One argument of a POSIX shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function curlSnippet(address: string, query: RunsQuery): string {
  // The snapshot is this page's own and soon forgotten.
  const { snapshot: _, ...rest } = query;
  return `curl -sS ${shellQuoted(`${address}/api/runledger/v1/runs/query`)} \\
  -H 'content-type: application/json' \\
  -d ${shellQuoted(JSON.stringify(rest, null, 2))}
`;
}
