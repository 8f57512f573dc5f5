"""Deployments with something wrong: the role, or `/ready`, or `doctor`, names the setting and what was tried, no secrets."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from conftest import Deploy
from harness.deployment import Deployment, Services
from harness.process import free_port
from harness.roles import Role, run_command
from harness.runledger import BINARY
from harness.waiting import wait_until

SECRET = "not-to-be-shown"

METRICS = {
    "api": {
        "runledger_http_requests_total",
        "runledger_http_request_seconds_bucket",
        "runledger_log_events_total",
        "runledger_log_queue_bytes",
        "runledger_spool_bytes",
        "runledger_spool_quota_bytes",
        "runledger_queue_connected",
        "runledger_queue_published_total",
    },
    "ingest-worker": {
        "runledger_uploads_total",
        "runledger_uploads_in_flight",
        "runledger_upload_seconds_bucket",
        "runledger_upload_bytes_total",
        "runledger_janitor_cleared_total",
        "runledger_queue_connected",
        "runledger_queue_messages",
        "runledger_spool_bytes",
    },
    "projector": {
        "runledger_projector_shards",
        "runledger_projector_events_total",
        "runledger_projector_lag_events",
        "runledger_projector_dead_letters_total",
    },
}


@dataclass
class Wrong:
    """Settings that do not do, and what has to be said about them."""

    said: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ("api", "ingest-worker")


Mistake = Callable[[Deployment], Wrong]


def with_password(url: str, path: str | None = None) -> str:
    """The URL for a user that is not there, with a password to look for."""
    parts = urlsplit(url)
    netloc = f"nobody:{SECRET}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=netloc, path=parts.path if path is None else path))


def bad_keys(deployment: Deployment) -> Wrong:
    said = ["AWS_ACCESS_KEY_ID", deployment.bucket.name, deployment.bucket.store.endpoint]
    return Wrong(said, credentials={"AWS_SECRET_ACCESS_KEY": SECRET})


def no_bucket(deployment: Deployment) -> Wrong:
    return Wrong(["artifact-store", "s3://no-such-bucket"], {"artifact_store": "s3://no-such-bucket/artifacts"})


def no_store(deployment: Deployment) -> Wrong:
    endpoint = f"http://127.0.0.1:{free_port()}"
    return Wrong(["s3-endpoint", endpoint], {"s3_endpoint": endpoint})


def no_broker(deployment: Deployment) -> Wrong:
    port = free_port()
    return Wrong(["amqp-url", f"127.0.0.1:{port}"], {"amqp_url": f"amqp://me:{SECRET}@127.0.0.1:{port}/x"})


def bad_broker_password(deployment: Deployment) -> Wrong:
    return Wrong(["amqp-url", "127.0.0.1"], {"amqp_url": with_password(deployment.vhost.url)})


def no_vhost(deployment: Deployment) -> Wrong:
    url = urlunsplit(urlsplit(deployment.vhost.url)._replace(path="/no-such-vhost"))
    return Wrong(["amqp-url", "no-such-vhost"], {"amqp_url": url})


def no_spool(deployment: Deployment) -> Wrong:
    # Not even root can make a folder here.
    return Wrong(["spool", "/proc/spool"], {"spool": "/proc/spool"})


def no_database_server(deployment: Deployment) -> Wrong:
    port = free_port()
    url = f"postgres://me:{SECRET}@127.0.0.1:{port}/x"
    return Wrong(
        ["database-url", f"127.0.0.1:{port}"], {"database_url": url}, roles=("api", "ingest-worker", "projector")
    )


def no_database(deployment: Deployment) -> Wrong:
    url = urlunsplit(urlsplit(deployment.database_url)._replace(path="/no_such_database"))
    return Wrong(
        ["database-url", "no_such_database"], {"database_url": url}, roles=("api", "ingest-worker", "projector")
    )


def no_database_user(deployment: Deployment) -> Wrong:
    url = with_password(deployment.database_url)
    return Wrong(["database-url", "nobody"], {"database_url": url}, roles=("api", "ingest-worker", "projector"))


@pytest.fixture(scope="module")
def deployment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with services.deployment(tmp_path_factory.mktemp("good")) as made:
        yield made


@pytest.mark.parametrize(
    "mistake",
    [
        bad_keys,
        no_bucket,
        no_store,
        no_broker,
        bad_broker_password,
        no_vhost,
        no_spool,
        no_database_server,
        no_database,
        no_database_user,
    ],
)
def test_the_setting_is_named_and_no_secret(deployment: Deployment, tmp_path: Path, mistake: Mistake) -> None:
    wrong = mistake(deployment)
    options = deployment.options | wrong.settings
    credentials = deployment.bucket.store.credentials | wrong.credentials
    doctor = run_command(
        "doctor",
        options=options | {"data_dir": str(tmp_path)},
        environment=deployment.command_environment() | wrong.credentials,
    )
    complaints = {"doctor": doctor.stdout + doctor.stderr}
    assert doctor.returncode == 1, complaints
    processes = [Role(tmp_path / role, role, options, credentials) for role in wrong.roles]
    try:
        for process in processes:
            process.launch()
        for process in processes:
            complaints[process.role] = complaint(process, wrong)
    finally:
        for process in processes:
            process.kill()
    for who, text in complaints.items():
        assert SECRET not in text, who
        missing = [word for word in wrong.said if word not in text]
        assert not missing, f"{who} does not say {missing}:\n{text}"


@pytest.mark.parametrize("role", ["api", "ingest-worker", "projector"])
def test_a_role_apart_says_what_it_needs(role: str, tmp_path: Path, deployment: Deployment) -> None:
    def ended(*options: str) -> str:
        command = [str(BINARY), role, f"--data-dir={tmp_path}", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=tmp_path)
        assert done.returncode != 0
        return done.stderr

    assert "--database-url" in ended()
    if role != "projector":
        assert "--amqp-url" in ended(f"--database-url={deployment.database_url}")


def test_a_port_that_is_taken_is_named(deployment: Deployment, tmp_path: Path) -> None:
    api = Role(tmp_path / "api", "api", deployment.options, deployment.bucket.store.credentials)
    twin = Role(tmp_path / "twin", "api", deployment.options, deployment.bucket.store.credentials, port=api.port)
    try:
        api.start()
        # The operators' ports differ, the port of the API does not.
        done = subprocess.run(twin.command(), capture_output=True, text=True, timeout=20, env=twin.environment())
    finally:
        api.kill()
    assert done.returncode != 0
    assert str(api.port) in done.stderr
    assert "--listen" in done.stderr


def test_a_good_deployment(deploy: Deploy) -> None:
    deployment = deploy()
    doctor = deployment.ok("doctor")
    assert "FAILED" not in doctor
    deployment.start()
    for process in deployment.roles:
        wait_until(f"{process.role} is ready", lambda process=process: process.readiness()[1]["status"] == "ready")
        status, report = process.readiness()
        assert status == 200
        assert all(check["ok"] for check in report["checks"]), report
        healthy = run_command(
            "health", options={"admin_listen": process.admin_url.removeprefix("http://")}, environment={}
        )
        assert healthy.returncode == 0, healthy.stderr
        names = {line.split("{")[0].split(" ")[0] for line in process.metrics_text().splitlines() if line[:1] != "#"}
        # What has a label shows only once it has counted something.
        described = {line.split(" ")[2] for line in process.metrics_text().splitlines() if line.startswith("# HELP")}
        missing = METRICS[process.role] - names - described
        assert not missing, f"{process.role} has no {missing}"
        assert all(name.startswith("runledger_") for name in described)
    # The doctor leaves nothing behind.
    assert deployment.bucket.keys() == set()
    assert deployment.spooled() == []


def test_a_bucket_that_is_made_later_is_noticed(deploy: Deploy) -> None:
    """Nobody has to restart the role."""
    deployment = deploy()
    store = deployment.bucket.store
    name = f"{deployment.bucket.name}-late"
    deployment.options["artifact_store"] = f"s3://{name}"
    # The queues are made by whoever takes uploads.
    deployment.add("api")
    worker = Role(deployment.folder / "worker", "ingest-worker", deployment.options, store.credentials)
    deployment.roles.append(worker)
    worker.launch()
    assert name in complaint(worker, Wrong([name]))
    store.client.create_bucket(Bucket=name)
    try:
        wait_until("the worker is ready", lambda: worker.readiness()[1]["status"] == "ready", limit=20)
    finally:
        worker.kill()
        store.client.delete_bucket(Bucket=name)


def complaint(process: Role, wrong: Wrong) -> str:
    """What a process says of its settings, in its log and at `/ready`; it may have ended, or go on without."""

    def said() -> str:
        log = process.log.read_text(errors="replace")
        if not process.is_running():
            return log
        try:
            _, report = process.readiness()
        except OSError:
            return ""
        text = log + json.dumps([check for check in report["checks"] if not check["ok"]])
        return text if all(word in text for word in wrong.said) else ""

    try:
        return wait_until(f"a complaint of {process.role}", said, limit=40)
    except AssertionError as error:
        raise AssertionError(f"{error}, it says:\n{process.log_tail()}\n{process.readiness()}") from None
