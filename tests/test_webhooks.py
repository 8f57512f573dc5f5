"""Webhooks: MLflow's client makes them, a real receiver takes the deliveries, and is away for a while."""

import subprocess
from collections.abc import Iterator

import pytest
import requests
from conftest import StartServer
from harness.receiver import Receiver, receiving
from harness.runledger import BINARY, Runledger
from harness.waiting import wait_until
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

SECRET = "s3cret"
EVENTS = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
]
PRIVATE = ("--private-webhooks",)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def client_of(server: Runledger) -> MlflowClient:
    return MlflowClient(server.url, registry_uri=server.url)


def test_what_happens_to_a_model_is_told_in_order_and_signed(start_server: StartServer, receiver: Receiver) -> None:
    client = client_of(start_server(flags=PRIVATE))
    made = client.create_webhook("ci", receiver.url, EVENTS, description="tells CI", secret=SECRET)
    assert [str(event) for event in made.events] == EVENTS
    tested = client.test_webhook(made.webhook_id)
    assert (tested.success, tested.response_status, tested.response_body) == (True, 200, "ok")
    assert receiver.taken.pop().topic == "registered_model.created"

    client.create_registered_model("churn", tags={"team": "a"}, description="who leaves")
    client.create_model_version("churn", "s3://bucket/model", tags={"k": "v"})
    client.set_model_version_tag("churn", "1", "stage", "new")
    client.set_registered_model_alias("churn", "champion", "1")
    client.rename_registered_model("churn", "leavers")
    client.delete_model_version_tag("leavers", "1", "stage")
    client.delete_registered_model_alias("leavers", "champion")
    wait_until("every delivery came", lambda: len(receiver.taken) >= len(EVENTS))
    assert all(one.is_signed_with(SECRET) for one in receiver.taken)
    assert not receiver.taken[0].is_signed_with("another")
    told = [(one.topic, one.content["data"]) for one in receiver.taken]
    version = {"name": "churn", "version": "1"}
    assert told == [
        ("registered_model.created", {"name": "churn", "tags": {"team": "a"}, "description": "who leaves"}),
        (
            "model_version.created",
            version | {"source": "s3://bucket/model", "run_id": None, "tags": {"k": "v"}, "description": None},
        ),
        ("model_version_tag.set", version | {"key": "stage", "value": "new"}),
        ("model_version_alias.created", version | {"alias": "champion"}),
        ("model_version_tag.deleted", {"name": "leavers", "version": "1", "key": "stage"}),
        ("model_version_alias.deleted", {"name": "leavers", "alias": "champion"}),
    ]


def test_a_receiver_that_was_away_gets_everything_once_in_order(start_server: StartServer, receiver: Receiver) -> None:
    server = start_server(flags=PRIVATE)
    client = client_of(server)
    client.create_webhook("ci", receiver.url, ["model_version.created", "registered_model.created"], secret=SECRET)
    receiver.stop()
    names = ["a", "b", "c"]
    for name in names:
        client.create_registered_model(name)
        for _ in range(5):
            client.create_model_version(name, "s3://bucket/model")
    # What is owed outlives the process, too.
    server.kill()
    server.start()
    receiver.status = 503
    receiver.start()
    # On PostgreSQL the killed process still has the right to send, until its lease runs out.
    wait_until("it refused something", lambda: receiver.refused > 0, limit=60)
    receiver.status = 200
    wait_until("every delivery came", lambda: len(receiver.taken) >= 18, limit=60)
    for name in names:
        of_model = [one.content["data"] for one in receiver.taken if one.content["data"]["name"] == name]
        assert [data.get("version") for data in of_model] == [None, "1", "2", "3", "4", "5"]
    assert len({one.delivery_id for one in receiver.taken}) == 18
    assert all(one.is_signed_with(SECRET) for one in receiver.taken)


def test_runs_are_told_of_and_what_failed_is_delivered_again(start_server: StartServer, receiver: Receiver) -> None:
    server = start_server(flags=PRIVATE)
    client = client_of(server)
    events = [{"entity": "RUN", "action": action} for action in ("CREATED", "FINISHED", "DELETED")]
    made = requests.post(
        f"{server.url}/api/2.0/mlflow/webhooks", json={"name": "runs", "url": receiver.url, "events": events}
    ).json()["webhook"]
    run = client.create_run("0", run_name="first")
    client.set_terminated(run.info.run_id)
    client.delete_run(run.info.run_id)
    wait_until("every delivery came", lambda: len(receiver.taken) >= 3)
    assert receiver.topics() == ["run.created", "run.finished", "run.deleted"]
    assert receiver.taken[0].content["data"]["run_id"] == run.info.run_id

    # Disabled, it is told nothing of what happens meanwhile.
    hook = f"{server.url}/api/2.0/mlflow/webhooks/{made['webhook_id']}"
    assert requests.patch(hook, json={"status": "DISABLED"}).json()["webhook"]["status"] == "DISABLED"
    client.create_run("0")
    log = f"{server.url}/api/runledger/v1/webhooks/{made['webhook_id']}/deliveries"
    delivered = requests.get(log).json()["deliveries"]
    assert [(one["event"], one["state"], one["response_status"]) for one in delivered] == [
        ("run.deleted", "delivered", 200),
        ("run.finished", "delivered", 200),
        ("run.created", "delivered", 200),
    ]
    requests.patch(hook, json={"status": "ACTIVE"}).raise_for_status()
    again = delivered[0]["delivery_id"]
    redeliver = f"{server.url}/api/runledger/v1/webhook-deliveries"
    assert requests.post(f"{redeliver}/{again}/redeliver").status_code == 200
    wait_until("it came again", lambda: len(receiver.taken) == 4)
    assert receiver.taken[3].delivery_id == again
    settings = ["--data-dir", str(server.folder / "data")]
    settings += ["--database-url", server.database_url] if server.database_url else []
    command = [str(BINARY), "webhooks", "redeliver", again, *settings]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    wait_until("it came once more", lambda: len(receiver.taken) == 5)
    assert requests.post(f"{redeliver}/no-such/redeliver").status_code == 404
    assert requests.delete(hook).status_code == 200
    assert requests.get(log).status_code == 404


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/hook", "Allowed schemes are: https"),
        ("https://127.0.0.1/hook", "must not resolve to a non-public IP address"),
        ("https://localhost/hook", "must not resolve to a non-public IP address"),
        ("https://169.254.169.254/latest", "must not resolve to a non-public IP address"),
        ("https://[::1]/hook", "must not resolve to a non-public IP address"),
        ("https://no-such-host.invalid/hook", "Cannot resolve"),
        ("hook", "Invalid webhook URL scheme"),
    ],
)
def test_a_url_that_leads_inside_is_refused(our_server: str, url: str, reason: str) -> None:
    client = MlflowClient(our_server, registry_uri=our_server)
    with pytest.raises(MlflowException, match=reason) as refused:
        client.create_webhook("inside", url, ["model_version.created"])
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.list_webhooks() == []
