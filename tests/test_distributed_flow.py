"""The roles apart: what goes in through one API is there on the other at once, and the bytes end up in the bucket."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from harness.deployment import ROOT, Deployment, Services
from harness.roles import Role
from harness.wire import ARTIFACTS, Wire
from mlflow import MlflowClient

CONTENT = bytes(range(256)) * 4096
LARGE = 20 << 20


@pytest.fixture(scope="module", params=["minio", "minio, spool in a bucket", "versitygw"])
def deployment(
    request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    store, _, where = request.param.partition(", ")
    with services.deployment(tmp_path_factory.mktemp("flow"), store=services.stores[store]) as made:
        if where:
            made.options["spool"] = f"{made.bucket.url}/spool"
        made.start(apis=2, workers=2, projectors=2)
        yield made


def client_of(api: Role) -> MlflowClient:
    return MlflowClient(api.url, registry_uri=api.url)


def test_the_flow_of_a_training_job(deployment: Deployment, tmp_path: Path) -> None:
    first, second = deployment.apis
    file = tmp_path / "model.bin"
    file.write_bytes(CONTENT)
    mlflow.set_tracking_uri(first.url)
    experiment_id = mlflow.create_experiment("flow")
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_param("learning rate", 0.1)
        mlflow.log_metric("loss", 0.25, step=3)
        mlflow.log_artifact(str(file), "models")
    run_id = run.info.run_id

    # No waiting before this: whatever was acknowledged by the first is there on the second.
    other = client_of(second)
    seen = other.get_run(run_id)
    assert seen.info.status == "FINISHED"
    assert seen.data.params == {"learning rate": "0.1"}
    assert seen.data.metrics == {"loss": 0.25}
    found = other.search_runs([experiment_id], "params.`learning rate` = '0.1'")
    assert [each.info.run_id for each in found] == [run_id]
    assert [item.path for item in other.list_artifacts(run_id, "models")] == ["models/model.bin"]
    assert Path(other.download_artifacts(run_id, "models/model.bin", str(tmp_path / "at once"))).read_bytes() == CONTENT

    deployment.await_uploads()
    path = f"{experiment_id}/{run_id}/artifacts/models/model.bin"
    assert deployment.bucket.keys(f"{ROOT}/") == {deployment.key(path)}
    deployment.check_objects({path: hashlib.sha256(CONTENT).hexdigest()})
    mlflow.set_tracking_uri(second.url)
    back = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="models", dst_path=str(tmp_path / "stored"))
    assert Path(back, "model.bin").read_bytes() == CONTENT


def test_a_large_artifact_goes_in_parts(deployment: Deployment) -> None:
    first, second = (Wire(api.url) for api in deployment.apis)
    content = os.urandom(LARGE)
    path = f"0/{first.new_run('0')}/artifacts/large.bin"
    first.request("PUT", f"{ARTIFACTS}/{path}", data=content).ok()
    deployment.await_uploads()
    deployment.check_objects({path: hashlib.sha256(content).hexdigest()})
    assert deployment.bucket.parts(deployment.key(path)) > 1
    whole = second.session.get(f"{second.url}{ARTIFACTS}/{path}", timeout=30)
    assert whole.content == content
    some = second.session.get(f"{second.url}{ARTIFACTS}/{path}", headers={"Range": "bytes=9000000-9000009"}, timeout=30)
    assert (some.status_code, some.content) == (206, content[9_000_000:9_000_010])
    assert deployment.multiparts() == []


def test_what_is_deleted_leaves_the_bucket(deployment: Deployment) -> None:
    first, second = (Wire(api.url) for api in deployment.apis)
    path = f"0/{first.new_run('0')}/artifacts/gone.bin"
    first.request("PUT", f"{ARTIFACTS}/{path}", data=b"gone").ok()
    deployment.await_uploads()
    assert deployment.bucket.has(deployment.key(path))
    first.request("DELETE", f"{ARTIFACTS}/{path}").ok()
    assert second.request("GET", f"{ARTIFACTS}/{path}").status == 404
    deployment.await_removal(path)


def test_the_last_of_many_uploads_of_a_path_wins(deployment: Deployment) -> None:
    wires = [Wire(api.url) for api in deployment.apis]
    path = f"0/{wires[0].new_run('0')}/artifacts/again.bin"
    for number in range(20):
        wires[number % 2].request("PUT", f"{ARTIFACTS}/{path}", data=f"number {number}".encode()).ok()
    assert wires[0].session.get(f"{wires[0].url}{ARTIFACTS}/{path}", timeout=10).content == b"number 19"
    deployment.await_uploads()
    deployment.check_objects({path: hashlib.sha256(b"number 19").hexdigest()})


def test_the_spool_is_empty_in_the_end(deployment: Deployment) -> None:
    wire = Wire(deployment.apis[0].url)
    run_id = wire.new_run("0")
    for number in range(10):
        path = f"{ARTIFACTS}/0/{run_id}/artifacts/{number}.bin"
        wire.request("PUT", path, data=b"content").ok()
    deployment.await_uploads()
    deployment.await_empty_spool()
