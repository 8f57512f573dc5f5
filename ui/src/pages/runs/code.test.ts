import { expect, it } from "vitest";
import type { RunsQuery } from "../../api/contract";
import {
  curlSnippet,
  frameColumns,
  isMlflowOrder,
  pythonSnippet,
  requestsSnippet,
  shellQuoted,
} from "./code";

const query: RunsQuery = {
  experiment_ids: ["7"],
  filter: 'params.optimizer = "it\'s" and metrics.`val/acc` > 0.9',
  order_by: ["metrics.`val/acc` DESC"],
  view: "active",
  columns: ["metrics.val/acc"],
  offset: 0,
  limit: 100,
  snapshot: "s1",
};

it("writes Python with the same filter and order", () => {
  const text = pythonSnippet("http://host:5000/base", query, ["name", "metrics.val/acc"]);
  expect(text).toBe(`import mlflow

mlflow.set_tracking_uri("http://host:5000/base")

runs = mlflow.search_runs(
    experiment_ids=["7"],
    filter_string="params.optimizer = \\"it's\\" and metrics.\`val/acc\` > 0.9",
    order_by=["metrics.\`val/acc\` DESC"],
)

# The columns of the table; those that no run has are left out.
runs = runs.filter(items=[
    "run_id",
    "tags.mlflow.runName",
    "metrics.val/acc",
])
`);
});

it("says which runs, when not the active ones", () => {
  const text = pythonSnippet("http://h", { ...query, filter: " ", view: "deleted" }, []);
  expect(text).toContain("from mlflow.entities import ViewType\n");
  expect(text).toContain("    run_view_type=ViewType.DELETED_ONLY,\n");
  expect(text).not.toContain("filter_string");
});

it("names each column of the data frame once", () => {
  expect(frameColumns(["id", "started", "metrics.a", "spark.a", "params.p", "duration"])).toEqual([
    "run_id",
    "start_time",
    "metrics.a",
    "params.p",
    "end_time",
  ]);
});

it("writes a call that a shell reads as it stands, without the snapshot", () => {
  const text = curlSnippet("http://h", query);
  expect(text).toContain("curl -sS 'http://h/api/runledger/v1/runs/query' \\\n");
  expect(text).toContain("it'\\''s");
  expect(text).not.toContain("s1");
  expect(shellQuoted("a'b")).toBe("'a'\\''b'");
});

it("asks for what MLflow cannot say with a call of the own API, from the first row on", () => {
  const text = requestsSnippet("http://h", { ...query, offset: 300 });
  expect(text).toContain('"http://h/api/runledger/v1/runs/query"');
  expect(text).toContain('"limit": 500');
  expect(text).not.toContain("s1");
  expect(text).not.toContain("300");
  expect(text).toContain('    "metrics.val/acc",\n');
  expect(isMlflowOrder(query)).toBe(true);
  expect(isMlflowOrder({ ...query, order_by: ["attributes.duration DESC"] })).toBe(false);
});
