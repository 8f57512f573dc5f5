"""GraphQL, which the head of an experiment's page and a run's page in MLflow's UI are made of."""

from typing import Any

import pytest
from harness.wire import Answer, Wire

GET_EXPERIMENT = """
query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) @component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetExperiment(input: $input) {
    apiError { code message __typename }
    experiment {
      artifactLocation creationTime effectiveTraceArchivalRetention experimentId lastUpdateTime lifecycleStage name
      tags { key value __typename }
      __typename
    }
    __typename
  }
}"""

GET_RUN = """
query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetRun(input: $data) {
    apiError { helpUrl code message __typename }
    run {
      info {
        runName status runUuid experimentId artifactUri endTime lifecycleStage startTime userId __typename
      }
      experiment {
        experimentId name tags { key value __typename } artifactLocation lifecycleStage lastUpdateTime __typename
      }
      modelVersions { status version name source __typename }
      data {
        metrics { key value step timestamp __typename }
        params { key value __typename }
        tags { key value __typename }
        __typename
      }
      inputs {
        datasetInputs {
          dataset { digest name profile schema source sourceType __typename }
          tags { key value __typename }
          __typename
        }
        modelInputs { modelId __typename }
        __typename
      }
      outputs { modelOutputs { modelId step __typename } __typename }
      __typename
    }
    __typename
  }
}"""

SEARCH_RUNS = """
query SearchRuns($data: MlflowSearchRunsInput!) @component(name: "MLflow.ExperimentRunTracking") {
  mlflowSearchRuns(input: $data) {
    apiError { helpUrl code message __typename }
    nextPageToken
    runs { info { runName } experiment { experimentId name } data { metrics { key value step timestamp } } __typename }
  }
}"""

INTERVAL = """
query GetMetricHistoryBulkInterval($data: MlflowGetMetricHistoryBulkIntervalInput!)
  @component(name: "MLflow.ExperimentRunTracking") {
  mlflowGetMetricHistoryBulkInterval(input: $data) {
    __typename
    metrics { timestamp step runId key value __typename }
    apiError { code message __typename }
  }
}"""

DATASET = {"name": "d", "digest": "1f", "source_type": "local", "source": "{}"}
LARGEST = 1.7976931348623157e308


def ask(wire: Wire, query: str, operation: str | None = None, **variables: Any) -> Answer:
    body = {"query": query, "variables": variables, "operationName": operation}
    return wire.request("POST", "/graphql", json=body)


def data(wire: Wire, query: str, **variables: Any) -> Any:
    answer = ask(wire, query, **variables).ok()
    assert answer["errors"] is None, answer
    return answer["data"]


def errors(wire: Wire, query: str, operation: str | None = None, **variables: Any) -> list[str]:
    """What is wrong, told with the status of a success."""
    answer = ask(wire, query, operation, **variables).ok()
    assert set(answer) == {"data", "errors"}
    assert answer["data"] is None or None in answer["data"].values(), answer
    return answer["errors"]


def point(key: str, value: Any, step: int = 1) -> dict[str, Any]:
    return {"key": key, "value": value, "timestamp": 1000 + step, "step": step}


def pair(kind: str, key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value, "__typename": kind}


def test_the_experiment_of_a_page(wire: Wire) -> None:
    experiment_id = wire.new_experiment(tags=[{"key": "team", "value": "vision"}])
    known = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]
    found = data(wire, GET_EXPERIMENT, input={"experimentId": experiment_id})["mlflowGetExperiment"]
    assert found == {
        "__typename": "MlflowGetExperimentResponse",
        "apiError": None,
        "experiment": {
            "__typename": "MlflowExperiment",
            "artifactLocation": known["artifact_location"],
            "creationTime": str(known["creation_time"]),
            "effectiveTraceArchivalRetention": "",
            "experimentId": experiment_id,
            "lastUpdateTime": str(known["last_update_time"]),
            "lifecycleStage": "active",
            "name": known["name"],
            "tags": [pair("MlflowExperimentTag", "team", "vision")],
        },
    }


def test_the_run_of_a_page(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id, start_time=5, run_name="a run", user_id="me")
    metrics = [point("m", 1.5), point("nan", "NaN"), point("up", "Infinity"), point("down", "-Infinity")]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=[{"key": "p", "value": "q"}]).ok()
    use = {"tags": [{"key": "mlflow.data.context", "value": "train"}], "dataset": DATASET}
    wire.post("runs/log-inputs", run_id=run_id, datasets=[use]).ok()
    found = data(wire, GET_RUN, data={"runId": run_id})["mlflowGetRun"]
    assert (found["__typename"], found["apiError"]) == ("MlflowGetRunResponse", None)
    run = found["run"]
    artifact_uri = wire.run(run_id)["info"]["artifact_uri"]
    assert run["__typename"] == "MlflowRunExtension"
    assert run["info"] == {
        "__typename": "MlflowRunInfo",
        "runName": "a run",
        "status": "RUNNING",
        "runUuid": run_id,
        "experimentId": experiment_id,
        "artifactUri": artifact_uri,
        "endTime": "0",
        "lifecycleStage": "active",
        "startTime": "5",
        "userId": "me",
    }
    assert run["experiment"]["experimentId"] == experiment_id
    assert run["experiment"]["__typename"] == "MlflowExperiment"
    assert run["modelVersions"] == []
    assert sorted(run["data"].pop("metrics"), key=lambda each: each["key"]) == [
        {"key": key, "value": value, "step": "1", "timestamp": "1001", "__typename": "MlflowMetricExtension"}
        for key, value in [("down", -LARGEST), ("m", 1.5), ("nan", None), ("up", LARGEST)]
    ]
    assert run["data"] == {
        "__typename": "MlflowRunData",
        "params": [pair("MlflowParam", "p", "q")],
        "tags": [pair("MlflowRunTag", "mlflow.runName", "a run")],
    }
    assert run["inputs"] == {
        "__typename": "MlflowRunInputs",
        "datasetInputs": [
            {
                "__typename": "MlflowDatasetInput",
                "tags": [pair("MlflowInputTag", "mlflow.data.context", "train")],
                "dataset": {
                    "__typename": "MlflowDataset",
                    **{"name": "d", "digest": "1f", "sourceType": "local", "source": "{}", "schema": "", "profile": ""},
                },
            }
        ],
        "modelInputs": [],
    }
    assert run["outputs"] == {"__typename": "MlflowRunOutputs", "modelOutputs": []}


def test_a_run_by_its_old_name_and_its_end(wire: Wire) -> None:
    run_id = wire.new_run()
    wire.post("runs/update", run_id=run_id, status="FINISHED", end_time=7).ok()
    query = "query($id: String) {mlflowGetRun(input: {runUuid: $id}) {run {info {runId status endTime}}}}"
    info = data(wire, query, id=run_id)["mlflowGetRun"]["run"]["info"]
    assert info == {"runId": run_id, "status": "FINISHED", "endTime": "7"}


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_runs_by_pages(wire: Wire, kind: str) -> None:
    experiment_id = wire.new_experiment()
    for i in range(3):
        run_id = wire.new_run(experiment_id, run_name=f"r{i}")
        wire.post("runs/log-metric", run_id=run_id, **point("m", i / 2)).ok()
    search = {"experimentIds": [experiment_id], "filter": "metrics.m > 0", "orderBy": ["metrics.m DESC"], "maxResults": 1}
    seen, token = [], ""
    for _ in range(2):
        query = SEARCH_RUNS.replace("query", kind, 1)
        page = data(wire, query, data=search | ({"pageToken": token} if token else {}))["mlflowSearchRuns"]
        assert {run["experiment"]["experimentId"] for run in page["runs"]} == {experiment_id}
        seen += [(run["info"]["runName"], run["data"]["metrics"][0]["value"]) for run in page["runs"]]
        token = page["nextPageToken"]
    assert (seen, token) == ([("r2", 1.0), ("r1", 0.5)], "")


def test_a_search_of_no_experiment(wire: Wire) -> None:
    found = data(wire, "{mlflowSearchRuns(input: {}) {nextPageToken runs {info {runId}}}}")
    assert found == {"mlflowSearchRuns": {"nextPageToken": "", "runs": []}}


def test_histories_for_a_chart(wire: Wire) -> None:
    runs = [wire.new_run() for _ in range(2)]
    for run_id in runs:
        wire.post("runs/log-batch", run_id=run_id, metrics=[point("m", i / 2, i) for i in range(10)]).ok()
    found = data(wire, INTERVAL, data={"runIds": runs, "metricKey": "m"})["mlflowGetMetricHistoryBulkInterval"]
    assert (found["__typename"], found["apiError"]) == ("MlflowGetMetricHistoryBulkIntervalResponse", None)
    rest = {"key": "m", "__typename": "MlflowMetricWithRunId"}
    assert found["metrics"] == [
        {"runId": run_id, "step": str(i), "timestamp": str(1000 + i), "value": i / 2, **rest}
        for run_id in runs
        for i in range(10)
    ]


def test_a_part_of_a_history(our_server: str) -> None:
    """The reference gives the whole history whatever part is asked for."""
    wire = Wire(our_server)
    run_id = wire.new_run()
    wire.post("runs/log-batch", run_id=run_id, metrics=[point("m", i / 2, i) for i in range(10)]).ok()
    asked = {"runIds": [run_id], "metricKey": "m", "maxResults": 3, "startStep": 2, "endStep": 8}
    found = data(wire, INTERVAL, data=asked)["mlflowGetMetricHistoryBulkInterval"]
    assert [metric["step"] for metric in found["metrics"]] == ["2", "5", "8"]
    (told,) = errors(wire, INTERVAL, data={"runIds": [run_id], "metricKey": "m", "maxResults": 0})
    assert told.startswith("max_results must be between 1 and 2500.")


def test_a_history_without_numbers(wire: Wire) -> None:
    """The reference adds an error for each NaN, which our server does not."""
    run_id = wire.new_run()
    wire.post("runs/log-batch", run_id=run_id, metrics=[point("m", "NaN", 1), point("m", "Infinity", 2)]).ok()
    found = ask(wire, INTERVAL, data={"runIds": [run_id], "metricKey": "m"}).ok()["data"]
    values = [metric["value"] for metric in found["mlflowGetMetricHistoryBulkInterval"]["metrics"]]
    assert values == [None, LARGEST]


def test_artifacts(wire: Wire) -> None:
    run_id = wire.new_run()
    root = wire.run(run_id)["info"]["artifact_uri"]
    below = root.removeprefix("mlflow-artifacts:/")
    for path in ("a.txt", "folder/b.txt"):
        url = f"/api/2.0/mlflow-artifacts/artifacts/{below}/{path}"
        assert wire.request("PUT", url, data=b"abc").status == 200
    query = """query($run: String, $path: String) {mlflowListArtifacts(input: {runId: $run, path: $path}) {
        __typename rootUri nextPageToken files {path isDir fileSize __typename}}}"""
    found = data(wire, query, run=run_id, path="")["mlflowListArtifacts"]
    kind = {"__typename": "MlflowFileInfo"}
    assert found == {
        "__typename": "MlflowListArtifactsResponse",
        "rootUri": root,
        "nextPageToken": "",
        "files": [
            {"path": "a.txt", "isDir": False, "fileSize": "3", **kind},
            {"path": "folder", "isDir": True, "fileSize": "0", **kind},
        ],
    }
    found = data(wire, query, run=run_id, path="folder")["mlflowListArtifacts"]
    assert [each["path"] for each in found["files"]] == ["folder/b.txt"]


def test_data_sets(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    use = {"tags": [{"key": "mlflow.data.context", "value": "train"}], "dataset": DATASET}
    wire.post("runs/log-inputs", run_id=run_id, datasets=[use]).ok()
    query = """mutation($ids: [String]) {mlflowSearchDatasets(input: {experimentIds: $ids}) {
        __typename apiError {code} datasetSummaries {experimentId name digest context __typename}}}"""
    summary = {"experimentId": experiment_id, "name": "d", "digest": "1f", "context": "train"}
    assert data(wire, query, ids=[experiment_id])["mlflowSearchDatasets"] == {
        "__typename": "MlflowSearchDatasetsResponse",
        "apiError": None,
        "datasetSummaries": [summary | {"__typename": "MlflowDatasetSummary"}],
    }


def test_model_versions_of_a_run_without_any(wire: Wire) -> None:
    query = """query($asked: MlflowSearchModelVersionsInput) {mlflowSearchModelVersions(input: $asked) {
        __typename nextPageToken modelVersions {name version}}}"""
    asked = {"filter": f"run_id='{wire.new_run()}'", "maxResults": 5}
    found = data(wire, query, asked=asked)["mlflowSearchModelVersions"]
    kind = {"__typename": "MlflowSearchModelVersionsResponse"}
    assert found == {"nextPageToken": "", "modelVersions": [], **kind}


def test_documents_of_several_parts(wire: Wire) -> None:
    """Aliases, fragments, and the operation that is meant."""
    document = """
        query First {a: test(inputString: "1") {...Said}  b: test(inputString: "2") {... on Test {said: output}}}
        query Second {test(inputString: "3") {...Said}}
        fragment Said on Test {output __typename}"""
    answers = [ask(wire, document, name).ok() for name in ("First", "Second")]
    assert answers[0]["data"] == {"a": {"output": "1", "__typename": "Test"}, "b": {"said": "2"}}
    assert answers[1]["data"] == {"test": {"output": "3", "__typename": "Test"}}
    assert data(wire, "{__typename __schema {queryType {name} mutationType {name}}}") == {
        "__typename": "Query",
        "__schema": {"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}},
    }


def test_what_is_not_there_is_told_beside_the_rest(wire: Wire) -> None:
    run_id = wire.new_run(run_name="there")
    query = """query($id: String) {
        a: mlflowGetRun(input: {runId: $id}) {run {info {runName}}}
        b: mlflowGetRun(input: {runId: "nope"}) {run {info {runName}}}
        c: mlflowGetExperiment(input: {experimentId: "999999"}) {experiment {name}}}"""
    assert ask(wire, query, id=run_id).ok() == {
        "data": {"a": {"run": {"info": {"runName": "there"}}}, "b": None, "c": None},
        "errors": ["Run with id=nope not found", "No Experiment with id=999999 exists"],
    }


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            'mlflowGetExperiment(input: {experimentId: "abc"}) {experiment {name}}',
            "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.",
        ),
        ('mlflowSearchRuns(input: {experimentIds: ["0"], filter: "bad ~ 1"}) {nextPageToken}', "Invalid "),
        (
            'mlflowSearchRuns(input: {experimentIds: ["0"], maxResults: 0}) {nextPageToken}',
            "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
        ),
    ],
)
def test_arguments_that_are_refused(wire: Wire, field: str, message: str) -> None:
    (told,) = errors(wire, f"{{{field}}}")
    assert told.startswith(message)


def test_data_sets_of_no_experiment(wire: Wire) -> None:
    told = errors(wire, "mutation {mlflowSearchDatasets(input: {}) {datasetSummaries {name}}}")
    assert told == ["SearchDatasets request must specify at least one experiment_id."]


def many(number: int, field: str) -> str:
    return " ".join(field.replace("#", str(i)) for i in range(number))


TEST = 'test(inputString: "x") {output}'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{a" * 11 + "}" * 11, "Query exceeds maximum depth of 10"),
        ("{a" * 50 + "}" * 50, "Query exceeds maximum depth of 10"),
        ("{a" * 200 + "}" * 200, "Query exceeds maximum depth of 10"),
        (f"{{{many(1000, f'a#: {TEST}')}}}", "Query exceeds maximum total selections of 1000"),
        (f"{{{many(11, TEST)}}}", "GraphQL queries should have at most 10 root fields, got 11 root fields."),
        (
            f'{{test(inputString: "x") {{{many(11, "a#: output")}}}}}',
            "GraphQL queries should have at most 10 aliases, got 11 aliases.",
        ),
        (
            f'{{test(inputString: "x") {{...F}}}} fragment F on Test {{{many(11, "a#: output")}}}',
            "GraphQL queries should have at most 10 aliases, got 11 aliases.",
        ),
    ],
)
def test_documents_that_ask_for_too_much(wire: Wire, document: str, message: str) -> None:
    (told,) = errors(wire, document)
    assert told.startswith(message)


def test_as_much_as_a_document_may_ask_for(wire: Wire) -> None:
    assert len(data(wire, f"{{{many(10, f'a#: {TEST}')}}}")) == 10


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{nope}", {}),
        ('{test(inputString: "a") {nope}}', {}),
        ("{test(inputString: 5) {output}}", {}),
        ("query($x: String!) {test(inputString: $x) {output}}", {}),
        ("query($x: String!) {test(inputString: $x) {output}}", {"x": 4}),
        ('query($x: String) {test(inputString: "1") {output}}', {"x": "1"}),
        ("query($i: MlflowGetRunInput!) {mlflowGetRun(input: $i) {run {info {runId}}}}", {"i": {"zip": 1}}),
        ('query Q @component {test(inputString: "a") {output}}', {}),
        ('query Q @other {test(inputString: "a") {output}}', {}),
        ('{test(inputString: "a") @component(name: "x") {output}}', {}),
        ('{test(inputString: "a") {...F}} fragment F on Test {...F output}', {}),
        ("query A {__typename} query B {__typename}", {}),
        ("subscription {test {output}}", {}),
    ],
)
def test_documents_that_do_not_fit_the_schema(wire: Wire, document: str, variables: dict[str, Any]) -> None:
    """The words are those of the library; that something is said, and nothing answered, is the same."""
    answer = ask(wire, document, **variables).ok()
    assert answer["data"] is None
    assert answer["errors"], answer
    assert all(isinstance(told, str) and told for told in answer["errors"])


@pytest.mark.parametrize("body", ['{"query": "{test"}', '{"query": ""}', "{}", '{"query": 5}', "[]", "{nonsense"])
def test_bodies_without_a_document(our_server: str, body: str) -> None:
    """The reference answers 500 with an HTML page."""
    answer = Wire(our_server).request("POST", "/graphql", data=body, headers={"Content-Type": "application/json"})
    answer.invalid()
