"""Clients that exchange large files with the object store directly, by signed URLs, and what they leave behind."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from harness.clients import run_script
from harness.deployment import Deployment, Services
from harness.fault_proxy import FaultProxy, fault_proxy
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

MPU = "/api/2.0/mlflow-artifacts/mpu"
MEBIBYTE = 1 << 20
# The least that S3 takes for a part that is not the last.
PART = 5 * MEBIBYTE
SIZE = 12 * MEBIBYTE
SMALL_PARTS = {
    "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(PART),
    "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(PART),
    "MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE": str(PART),
    "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(PART),
}
ASKED_FOR = {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true", "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true"}
BY_PROXY = {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false"}


@dataclass
class Site:
    """A deployment, and the way on which clients get to its store."""

    deployment: Deployment
    public: FaultProxy

    @property
    def wire(self) -> Wire:
        return Wire(self.deployment.apis[0].url)

    def direct_requests(self) -> tuple[int, int]:
        """Uploads and downloads of clients at the store since the last call."""
        counted = self.public.requests.copy()
        self.public.requests.clear()
        return counted["PUT"], counted["GET"]


@pytest.fixture(scope="module")
def site(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        services.deployment(tmp_path_factory.mktemp("multipart")) as deployment,
        fault_proxy(deployment.bucket.store.endpoint) as public,
    ):
        deployment.options["s3_public_endpoint"] = public.url
        deployment.start()
        deployment.add("api", direct_transfers="true")
        yield Site(deployment, public)


@pytest.mark.parametrize("client", ["mlflow3", "mlflow2"])
def test_a_client_that_asks_for_it_uploads_parts_to_the_store(site: Site, client: str) -> None:
    path = check_script(site, client, site.deployment.apis[0].url, SMALL_PARTS | ASKED_FOR)
    uploads, downloads = site.direct_requests()
    assert uploads == 3
    # Only the newer client downloads by signed URLs.
    assert (downloads > 0) == (client == "mlflow3")
    assert kinds(site, path) == ["ArtifactUploaded"]
    assert site.deployment.bucket.parts(site.deployment.key(path)) == 3


def test_a_client_learns_from_the_server_that_it_may(site: Site) -> None:
    path = check_script(site, "mlflow3", site.deployment.apis[1].url, SMALL_PARTS)
    uploads, downloads = site.direct_requests()
    assert uploads == 3
    assert downloads > 0
    assert kinds(site, path) == ["ArtifactUploaded"]


def test_a_client_that_is_not_told_to_goes_through_the_server(site: Site) -> None:
    path = check_script(site, "mlflow3", site.deployment.apis[0].url, SMALL_PARTS)
    assert site.direct_requests() == (0, 0)
    site.deployment.await_uploads()
    assert kinds(site, path) == ["ArtifactStaged", "ArtifactStored"]


def test_a_staged_artifact_is_downloaded_through_the_server(site: Site) -> None:
    """There is nothing at the store yet to sign a URL for."""
    (worker,) = site.deployment.workers
    worker.kill()
    try:
        check_script(site, "mlflow3", site.deployment.apis[0].url, SMALL_PARTS | ASKED_FOR | BY_PROXY)
        assert site.direct_requests() == (0, 0)
    finally:
        worker.start()
    site.deployment.await_uploads()


def test_an_upload_that_is_aborted_leaves_no_parts(site: Site) -> None:
    path, upload_id, credentials = begin(site, "aborted.bin")
    put_part(credentials[0]["url"])
    key = site.deployment.key(path)
    assert len(site.deployment.bucket.multiparts([key])) == 1
    abort = {"path": "aborted.bin", "upload_id": upload_id}
    site.wire.request("POST", f"{MPU}/abort/{folder(path)}", json=abort).ok()
    assert site.deployment.bucket.multiparts([key]) == []
    assert not site.deployment.bucket.has(key)
    assert site.wire.request("GET", f"{ARTIFACTS}/{path}").status == 404
    # Repeated, as the client repeats what was not answered.
    site.wire.request("POST", f"{MPU}/abort/{folder(path)}", json=abort)
    complete = abort | {"parts": [{"part_number": 1, "etag": "none", "url": credentials[0]["url"]}]}
    assert 400 <= site.wire.request("POST", f"{MPU}/complete/{folder(path)}", json=complete).status < 500


def test_a_completion_that_names_parts_the_store_does_not_have(site: Site) -> None:
    path, upload_id, credentials = begin(site, "wrong.bin")
    put_part(credentials[0]["url"])
    parts = [{"part_number": 1, "etag": '"00000000000000000000000000000000"', "url": credentials[0]["url"]}]
    complete = {"path": "wrong.bin", "upload_id": upload_id, "parts": parts}
    answer = site.wire.request("POST", f"{MPU}/complete/{folder(path)}", json=complete)
    assert 400 <= answer.status < 500, answer
    assert site.wire.request("GET", f"{ARTIFACTS}/{path}").status == 404


def test_an_upload_that_is_forgotten_is_aborted_by_the_janitor(site: Site) -> None:
    path, _, credentials = begin(site, "forgotten.bin")
    put_part(credentials[0]["url"])
    keys = [site.deployment.key(path)]
    assert site.deployment.bucket.multiparts(keys)
    for worker in site.deployment.workers:
        worker.kill()
    impatient = site.deployment.add("ingest-worker", orphan_age="2")
    wait_until("no parts are left", lambda: site.deployment.bucket.multiparts(keys) == [], limit=40)
    wait_until("it is counted", lambda: impatient.metric("runledger_janitor_cleared_total") >= 1)


def check_script(site: Site, client: str, url: str, environment: dict[str, str]) -> str:
    """Runs the script; what came back is what was sent. The path of the artifact."""
    site.direct_requests()
    output = run_script(client, "large_artifact.py", url, str(SIZE), timeout=60, **environment)
    run_id, sent, received = output.splitlines()[-1].split()
    assert received == sent
    path = f"0/{run_id}/artifacts/models/large.bin"
    answer = site.wire.session.get(f"{site.wire.url}{ARTIFACTS}/{path}", timeout=30)
    assert hashlib.sha256(answer.content).hexdigest() == sent
    listed = site.wire.get("artifacts/list", run_id=run_id, path="models").ok()["files"]
    assert [(file["path"], file["file_size"]) for file in listed] == [("models/large.bin", SIZE)]
    return path


def kinds(site: Site, path: str) -> list[str]:
    """What the log says of an artifact."""
    statement = "SELECT kind FROM events WHERE stream_kind = 'artifact' AND payload->>'path' = %s ORDER BY position"
    return [kind for (kind,) in site.deployment.query(statement, path)]


def begin(site: Site, name: str) -> tuple[str, str, list[dict[str, str]]]:
    """A multipart upload of one part: the artifact's path, the upload's id, and where to send the part."""
    root = f"0/{site.wire.new_run('0')}/artifacts"
    asked = {"path": name, "num_parts": 1}
    created = site.wire.request("POST", f"{MPU}/create/{root}", json=asked).ok()
    return f"{root}/{name}", created["upload_id"], created["credentials"]


def folder(path: str) -> str:
    return path.rpartition("/")[0]


def put_part(url: str) -> None:
    answer = requests.put(url, data=b"part" * 1000, timeout=10)
    assert answer.status_code == 200, answer.text
