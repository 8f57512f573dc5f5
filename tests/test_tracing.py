"""One trace from the client's request to the views; what is sent, when nothing is, and what the log shows of it."""

import json
import secrets
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Deploy, StartServer
from harness.deployment import Deployment
from harness.process import free_port
from harness.spans import Span, SpanReceiver, receiving_spans
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire
from mlflow import MlflowClient
from mlflow.tracking.request_header.abstract_request_header_provider import RequestHeaderProvider
from mlflow.tracking.request_header.registry import _request_header_provider_registry

SOON = "200"


class Traced(RequestHeaderProvider):
    """Lets the stock client send its trace along, as an instrumented training job does."""

    def __init__(self) -> None:
        self.trace_id, self.span_id = secrets.token_hex(16), secrets.token_hex(8)

    def in_context(self) -> bool:
        return True

    def request_headers(self) -> dict[str, str]:
        return {"traceparent": f"00-{self.trace_id}-{self.span_id}-01"}


@pytest.fixture
def receiver() -> Iterator[SpanReceiver]:
    with receiving_spans() as receiver:
        yield receiver


@pytest.fixture
def client_trace() -> Iterator[Traced]:
    providers = _request_header_provider_registry._registry
    trace = Traced()
    providers.append(trace)
    yield trace
    providers.remove(trace)


@pytest.fixture
def deployment(deploy: Deploy, receiver: SpanReceiver) -> Deployment:
    made = deploy(log_format="json")
    made.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": SOON}
    made.start()
    return made


def test_an_artifact_is_one_trace_from_the_client_to_the_views(
    deployment: Deployment, receiver: SpanReceiver, client_trace: Traced, tmp_path: Path
) -> None:
    api = deployment.apis[0]
    run_id = Wire(api.url).new_run("0")
    (tmp_path / "model.bin").write_bytes(b"weights")
    client = MlflowClient(api.url, registry_uri=api.url)
    client.log_artifact(run_id, str(tmp_path / "model.bin"))
    deployment.await_uploads()

    def seen() -> list[Span]:
        return sorted(receiver.of(client_trace.trace_id), key=lambda span: span.start)

    wait_until("both events are shown as projected", lambda: len(named(seen(), "project")) == 2, interval=0.1)
    wait_until("the job is shown as done", lambda: named(seen(), "job") != [], interval=0.1)
    spans = seen()
    tree = {span.span_id: span for span in spans}
    roots = [span for span in spans if span.parent_id not in tree]
    assert {span.parent_id for span in roots} == {client_trace.span_id}, "the client's span is the one root"

    def path(span: Span) -> list[str]:
        above = tree.get(span.parent_id)
        return [*(path(above) if above else []), f"{span.service}: {span.name}"]

    put = "runledger-api: PUT /api/2.0/mlflow-artifacts/artifacts/{*path}"
    job = [put, "runledger-api: publish", "runledger-ingest-worker: job"]
    paths = [path(span) for span in spans if path(span)[0] == put]
    assert sorted(paths) == sorted(
        [
            [put],
            [put, "runledger-api: append"],
            [put, "runledger-api: append", "runledger-api: commit"],
            [put, "runledger-api: publish"],
            [put, "runledger-projector: project"],
            job,
            [*job, "runledger-ingest-worker: put object"],
            [*job, "runledger-ingest-worker: append"],
            [*job, "runledger-ingest-worker: append", "runledger-ingest-worker: commit"],
            [*job, "runledger-projector: project"],
        ]
    )
    kinds = {span.name: span.kind for span in spans}
    assert (kinds["publish"], kinds["job"], kinds["put object"]) == ("producer", "consumer", "client")
    [request] = named(spans, put.removeprefix("runledger-api: "))
    assert (request.kind, request.attributes["http.response.status_code"]) == ("server", 200)
    assert [span.attributes["kind"] for span in named(spans, "project")] == ["ArtifactStaged", "ArtifactStored"]
    assert named(spans, "job")[0].attributes["outcome"] == "stored"
    assert all(span.start <= span.end for span in spans)

    # The log keeps where its events belong; 25 bytes, and one where nobody records a trace.
    stored = deployment.query("SELECT kind, trace FROM events WHERE stream_kind = 'artifact' ORDER BY position")
    assert [trace.hex()[:32] for _, trace in stored] == [client_trace.trace_id] * 2
    assert {len(trace) for _, trace in stored} == {25}


def test_a_commit_names_the_requests_that_it_carries(deployment: Deployment, receiver: SpanReceiver) -> None:
    wire = Wire(deployment.apis[0].url)
    runs = [wire.new_run("0") for _ in range(8)]

    def shared() -> list[Span]:
        return [span for span in named(receiver.spans, "commit") if span.links]

    def log_at_once() -> bool:
        point = {"key": "loss", "value": 0.5, "timestamp": 1}
        with ThreadPoolExecutor(len(runs)) as pool:
            list(pool.map(lambda run: Wire(wire.url).post("runs/log-metric", run_id=run, **point).ok(), runs))
        return shared() != []

    wait_until("a commit carries several requests", log_at_once, limit=20)
    span = shared()[0]
    assert len(span.links) == span.attributes["requests"] - 1
    assert span.trace_id not in span.links


def test_lines_of_the_log_name_the_request_and_the_trace(deployment: Deployment) -> None:
    api = deployment.apis[0]
    trace = Traced()
    path = f"{ARTIFACTS}/0/{Wire(api.url).new_run('0')}/artifacts/half.bin"
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nX-Request-Id: half-1\r\n"
    head += f"traceparent: {trace.request_headers()['traceparent']}\r\n\r\n"
    lines: list[dict[str, object]] = []

    def refused() -> bool:
        # A connection that breaks before the request has begun leaves no line.
        with socket.create_connection(("127.0.0.1", api.port)) as connection:
            connection.sendall(f"{head}half".encode())
        lines[:] = [json.loads(line) for line in api.log.read_text().splitlines() if '"half-1"' in line]
        return lines != []

    wait_until("the broken upload is in the log", refused, interval=0.1)
    spans = lines[0]["spans"]
    assert isinstance(spans, list)
    assert [(span["request_id"], span["trace_id"]) for span in spans] == [("half-1", trace.trace_id)]


def test_the_last_spans_are_sent_when_the_server_stops(
    start_on_sqlite: StartServer, receiver: SpanReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "tracking")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
    server = start_on_sqlite()
    Wire(server.url).new_run("0")
    assert receiver.spans == []
    assert server.stop() == 0
    [create] = named(receiver.spans, "POST /api/2.0/mlflow/runs/create")
    assert create.service == "tracking"
    assert {"append", "commit"} <= {span.name for span in receiver.of(create.trace_id)}


@pytest.mark.parametrize("why", ["no receiver is named", "the sampler takes nothing", "the SDK is disabled"])
def test_nothing_is_sent(
    why: str, start_on_sqlite: StartServer, receiver: SpanReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", SOON)
    if why != "no receiver is named":
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    if why == "the sampler takes nothing":
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    if why == "the SDK is disabled":
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    server = start_on_sqlite()
    Wire(server.url).new_run("0")
    assert server.stop() == 0
    assert receiver.spans == []


def test_a_receiver_that_is_away_is_no_harm(start_on_sqlite: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", SOON)
    server = start_on_sqlite()
    Wire(server.url).new_run("0")
    assert server.stop(limit=8) == 0


def named(spans: list[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name == name]
