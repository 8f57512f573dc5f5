"""A whole MLflow server is moved in: everything is the same afterwards, ids included, whatever interrupts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas
import pytest
from conftest import StartServer
from harness.populated import populate
from harness.reference import Reference
from harness.runledger import BINARY, Runledger
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire
from mlflow.entities import ViewType

# 2 000 and more for a long look.
RUNS = int(os.environ.get("RUNLEDGER_TEST_IMPORT_RUNS", "80"))
OWN = "/api/runledger/v1"
# The `mlflow` of this environment is in the PATH.
BESIDE_MLFLOW = os.environ | {"PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
# The source answers some 30 requests a second.
LIMIT = 120 + RUNS / 4


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    server = Reference(tmp_path_factory.mktemp("source"))
    server.start()
    server.runs = populate(Wire(server.url), RUNS)  # type: ignore[attr-defined]
    yield server
    server.kill()


def words(source: Reference, target: Runledger, *more: str) -> list[str]:
    return [str(BINARY), "import", "mlflow", "--from", source.url, *more, *place(target)]


def place(target: Runledger) -> list[str]:
    folder = ["--data-dir", str(target.folder / "data")]
    return folder if target.database_url is None else [*folder, "--database-url", target.database_url]


@pytest.mark.timeout(LIMIT * 4)
def test_everything_is_the_same_after_an_import_that_was_killed(source: Reference, start_server: StartServer) -> None:
    target = start_server()
    theirs, ours = Wire(source.url), Wire(target.url)
    with subprocess.Popen(words(source, target, "--at-once", "4"), stdout=subprocess.DEVNULL) as interrupted:
        wait_until("some of it is here", lambda: created(ours) > RUNS // 4, limit=60)
        interrupted.kill()
    assert created(ours) < RUNS, "the import was over too soon to be interrupted"
    for _ in range(2):
        done = subprocess.run(words(source, target, "--artifacts"), capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f" {RUNS} runs" in done.stdout, done.stdout
    assert created(ours) == RUNS, "nothing is doubled"

    found, expected = (experiments(wire) for wire in (ours, theirs))
    assert found == expected
    for experiment_id in expected:
        for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY):
            frames = [frame(server.url, experiment_id, view) for server in (target, source)]
            pandas.testing.assert_frame_equal(*frames, check_like=True)
    for run_id in source.runs:  # type: ignore[attr-defined]
        assert run(ours, run_id) == run(theirs, run_id)
    for run_id in source.runs[:20]:  # type: ignore[attr-defined]
        for key in ("loss", "slash/metric", "odd"):
            assert repr(ours.history(run_id, key)) == repr(theirs.history(run_id, key))
    for look in (logged_models, registered_models):
        assert look(ours) == look(theirs)
    for run_id in source.runs[1::20]:  # type: ignore[attr-defined]
        root = theirs.run(run_id)["info"]["artifact_uri"]
        compare_artifacts(ours, theirs, root)
    for model in logged_models(theirs):
        compare_artifacts(ours, theirs, model["info"]["artifact_uri"])
    proof = subprocess.run([str(BINARY), "verify", *place(target)], capture_output=True, text=True, timeout=LIMIT)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    # What is made now does not take an id that came along.
    taken = {int(experiment_id) for experiment_id in expected}
    assert int(ours.new_experiment()) > max(taken)


def created(wire: Wire) -> int:
    """How many runs were ever created."""
    number, before = 0, None
    while True:
        arguments = {"kind": "RunCreated", "limit": 1000} | ({"before": before} if before else {})
        page = wire.request("GET", f"{OWN}/events", params=arguments).ok()
        number += len(page["events"])
        if not page["more"]:
            return number
        before = page["events"][-1]["position"]


def experiments(wire: Wire) -> dict[str, Any]:
    found = wire.post("experiments/search", max_results=1000, view_type="ALL").ok()["experiments"]
    for experiment in found:
        if experiment["experiment_id"] == "0":
            # Every server makes this one by itself, when it first starts.
            del experiment["creation_time"], experiment["last_update_time"]
    return {experiment["experiment_id"]: ordered(experiment) for experiment in found}


def frame(url: str, experiment_id: str, view: int) -> pandas.DataFrame:
    mlflow.set_tracking_uri(url)
    found = mlflow.search_runs([experiment_id], run_view_type=view, max_results=10_000)
    assert isinstance(found, pandas.DataFrame)
    return found


def run(wire: Wire, run_id: str) -> Any:
    return ordered(wire.run(run_id))


def ordered(found: Any) -> Any:
    """The same whatever the order of lists that have none."""
    if isinstance(found, dict):
        return {key: ordered(value) for key, value in found.items()}
    if isinstance(found, list):
        return sorted((ordered(value) for value in found), key=repr)
    return found


def logged_models(wire: Wire) -> Any:
    ids = sorted(experiments(wire))
    return ordered(wire.post("logged-models/search", experiment_ids=ids).ok()["models"])


def registered_models(wire: Wire) -> Any:
    prompts = "tags.`mlflow.prompt.is_prompt` = 'true'"
    found = [
        model
        for arguments in ({}, {"filter": prompts})
        for model in wire.get("registered-models/search", **arguments).ok()["registered_models"]
    ]
    versions = [
        version
        for arguments in ({}, {"filter": prompts})
        for version in wire.get("model-versions/search", **arguments).ok()["model_versions"]
    ]
    assert len(found) == 3
    assert len(versions) == 3
    return ordered([found, versions])


def compare_artifacts(ours: Wire, theirs: Wire, uri: str) -> None:
    folder = uri.removeprefix("mlflow-artifacts:/")
    if folder == uri:
        return
    found, expected = (listing(wire, folder) for wire in (ours, theirs))
    assert found == expected
    assert expected, folder
    for path in expected:
        contents = [requests_content(wire, path) for wire in (ours, theirs)]
        assert contents[0] == contents[1]


def listing(wire: Wire, folder: str) -> list[str]:
    paths = []
    for entry in wire.request("GET", ARTIFACTS, params={"path": folder}).ok().get("files", []):
        path = f"{folder}/{entry['path']}"
        paths += listing(wire, path) if entry["is_dir"] else [path]
    return sorted(paths)


def requests_content(wire: Wire, path: str) -> bytes:
    return wire.session.get(f"{wire.url}{ARTIFACTS}/{path}", timeout=20).content


def test_what_cannot_be_imported_is_refused(start_on_sqlite: StartServer, source: Reference) -> None:
    target = start_on_sqlite()
    wire = Wire(target.url)

    def refused(*more: str) -> str:
        words = [str(BINARY), "import", "mlflow", *more, *place(target)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    assert "mlflow: not found" in refused("--from", "sqlite:///mlflow.db")
    assert "a server knows where" in refused("--from", source.url, "--artifacts", "--artifacts-destination", "/there")
    assert "no address" in refused("--from", "mlflow:5000")
    wire.post("experiments/create", name="in the way").ok()
    assert "import into an empty server" in refused("--from", source.url)


def test_a_database_without_a_server_is_read_by_the_installed_mlflow(source: Reference, start_on_sqlite: StartServer) -> None:
    target = start_on_sqlite()
    source.kill()
    database, artifacts = source.places().values()
    command = [str(BINARY), "import", "mlflow", "--from", database, *place(target)]
    refused = subprocess.run([*command, "--artifacts"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "--artifacts-destination" in refused.stderr

    whole = [*command, "--artifacts", "--artifacts-destination", artifacts]
    done = subprocess.run(whole, capture_output=True, text=True, timeout=140, env=BESIDE_MLFLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f" {RUNS} runs" in done.stdout, done.stdout
    wait_until("the server is gone", lambda: not processes_of(database), limit=30)

    source.start()
    theirs, ours = Wire(source.url), Wire(target.url)
    for run_id in source.runs:  # type: ignore[attr-defined]
        assert run(ours, run_id) == run(theirs, run_id)
    compare_artifacts(ours, theirs, theirs.run(source.runs[1])["info"]["artifact_uri"])  # type: ignore[attr-defined]


def test_what_keeps_a_database_from_being_read_is_told(start_on_sqlite: StartServer, tmp_path: Path) -> None:
    target = start_on_sqlite()
    (tmp_path / "no.db").write_text("this is no database" * 100)
    command = [str(BINARY), "import", "mlflow", "--from", f"sqlite:///{tmp_path}/no.db", *place(target)]
    unread = subprocess.run(command, capture_output=True, text=True, timeout=140, env=BESIDE_MLFLOW)
    assert unread.returncode == 1
    assert "file is not a database" in unread.stderr, unread.stderr


def processes_of(database: str) -> list[str]:
    """The processes that were told of this database."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"MLFLOW_BACKEND_STORE_URI={database}\0".encode() in told:
            found.append(folder.name)
    return found
