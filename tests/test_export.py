"""Everything is moved out to a plain MLflow server, whatever interrupts it."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import StartServer
from harness.populated import populate
from harness.reference import Reference
from harness.runledger import BINARY
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

RUNS = 40
OURS = {"runledger.run_id", "runledger.exported", "runledger.model_id", "runledger.version", "runledger.experiment_id"}
PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"


@pytest.fixture
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    server = Reference(tmp_path_factory.mktemp("target"))
    server.start()
    yield server
    server.kill()


def test_everything_is_there_after_an_export_that_was_killed(start_on_postgres: StartServer, target: Reference) -> None:
    server = start_on_postgres()
    ours, theirs = Wire(server.url), Wire(target.url)
    populate(ours, RUNS)
    place = ["--data-dir", str(server.folder / "data"), "--database-url", str(server.database_url)]
    words = [str(BINARY), "export", "mlflow", "--to", target.url, "--artifacts", *place]
    with subprocess.Popen([*words, "--at-once", "2"], stdout=subprocess.DEVNULL) as interrupted:
        wait_until("some of it is there", lambda: len(runs(theirs)) > RUNS // 4, limit=60)
        interrupted.kill()
    for _ in range(2):
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    expected, found = runs(ours), runs(theirs)
    assert len(expected) == len(found) == RUNS
    by_old = {tag(run["data"]["tags"], "runledger.run_id"): run for run in found}
    for run in expected:
        there = by_old[run["info"]["run_id"]]
        assert content(there) == content(run)
        for key in ("loss", "odd"):
            histories = [wire.history(one["info"]["run_id"], key) for wire, one in ((ours, run), (theirs, there))]
            assert repr(histories[0]) == repr(histories[1])
        if run["info"]["lifecycle_stage"] == "active":
            assert files(theirs, there) == files(ours, run)
    assert experiments(theirs) == experiments(ours)
    assert models(theirs) == models(ours)
    (made,), (here,) = (logged_models(wire) for wire in (theirs, ours))
    assert [made["info"][field] for field in ("name", "status")] == [here["info"][field] for field in ("name", "status")]
    assert [metric["value"] for metric in made["data"]["metrics"]] == [0.75]
    source = by_old[here["info"]["source_run_id"]]
    assert made["info"]["source_run_id"] == source["info"]["run_id"]
    assert [output["model_id"] for output in source["outputs"]["model_outputs"]] == [made["info"]["model_id"]]


def experiments(wire: Wire) -> dict[str, Any]:
    found = wire.post("experiments/search", max_results=1000, view_type="ALL").ok()["experiments"]
    return {e["name"]: (e["lifecycle_stage"], plain(e.get("tags", []))) for e in found}


def runs(wire: Wire) -> list[Any]:
    found = wire.post("experiments/search", max_results=1000, view_type="ALL").ok()["experiments"]
    ids = [experiment["experiment_id"] for experiment in found]
    return wire.post("runs/search", experiment_ids=ids, run_view_type="ALL", max_results=1000).ok().get("runs", [])


def content(run: Any) -> Any:
    """What a run holds but for its ids."""
    info, data = run["info"], run["data"]
    inputs = [(i["dataset"], plain(i["tags"])) for i in run.get("inputs", {}).get("dataset_inputs", [])]
    head = [info.get(field) for field in ("run_name", "user_id", "status", "start_time", "end_time", "lifecycle_stage")]
    metrics = {m["key"]: (repr(m["value"]), m["timestamp"], m["step"]) for m in data.get("metrics", [])}
    return head, plain(data["tags"]), plain(data["params"]), metrics, inputs


def plain(pairs: list[Any]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in pairs if pair["key"] not in OURS}


def tag(tags: list[Any], key: str) -> str:
    return next(pair["value"] for pair in tags if pair["key"] == key)


def files(wire: Wire, run: Any) -> dict[str, bytes]:
    root = run["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
    if root == run["info"]["artifact_uri"]:
        return {}
    found, folders = {}, [root]
    while folders:
        folder = folders.pop()
        for entry in wire.request("GET", ARTIFACTS, params={"path": folder}).ok().get("files", []):
            path = f"{folder}/{entry['path']}"
            if entry["is_dir"]:
                folders.append(path)
            else:
                content = wire.session.get(f"{wire.url}{ARTIFACTS}/{path}", timeout=20).content
                found[path.removeprefix(root)] = content
    return found


def logged_models(wire: Wire) -> list[Any]:
    found = wire.post("experiments/search", max_results=1000, view_type="ALL").ok()["experiments"]
    return wire.post("logged-models/search", experiment_ids=[e["experiment_id"] for e in found]).ok()["models"]


def models(wire: Wire) -> Any:
    found = {}
    for arguments in ({}, {"filter": PROMPTS}):
        for model in wire.get("registered-models/search", **arguments).ok()["registered_models"]:
            found[model["name"]] = (model.get("description"), plain(model.get("tags", [])), [])
        for version in wire.get("model-versions/search", **arguments).ok()["model_versions"]:
            stage, source = version["current_stage"], version["source"].split("m-")[0]
            whole = wire.get("model-versions/get", name=version["name"], version=version["version"]).ok()
            aliases = whole["model_version"].get("aliases", [])
            found[version["name"]][2].append((stage, source, version.get("description", ""), aliases))
    return {name: (*head, sorted(versions)) for name, (*head, versions) in found.items()}
