"""The stream of changes in our own API, on both databases."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from harness.own import OWN, ask
from harness.wire import Wire


@pytest.fixture
def wire(our_server: str) -> Wire:
    return Wire(our_server)


def test_the_stream_tells_every_change_and_resumes(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    start = ask(wire, "ops/status")["position"]
    created = []

    def create() -> None:
        for _ in range(20):
            created.append(wire.new_run(experiment_id))

    thread = threading.Thread(target=create)
    thread.start()
    seen: set[str] = set()
    position = start
    # The line breaks again and again, and nothing is missed.
    while len(seen) < 20:
        for name, ident, data in events(wire, experiment=experiment_id, since=position):
            if name == "change":
                assert ident == data["position"] > position
                position = ident
                seen |= {run["run_id"] for run in data["runs"] if run["kind"] == "created"}
                break
    thread.join()
    assert seen == set(created)


def test_a_stream_begins_with_the_lag_and_filters(wire: Wire) -> None:
    run_id, other = wire.new_run("0"), wire.new_run("0")
    stream = events(wire, run=run_id)
    assert next(stream)[0] == "lag"
    wire.post("runs/log-metric", run_id=other, key="m", value=1, timestamp=1).ok()
    wire.post("runs/log-metric", run_id=run_id, key="m", value=1, timestamp=1).ok()
    change = next(data for name, _, data in stream if name == "change")
    assert change["runs"] == [{"run_id": run_id, "experiment_id": "0", "kind": "metrics"}]


def test_a_stream_names_the_build_of_the_page_that_its_server_delivers(wire: Wire) -> None:
    _, _, lag = next(events(wire))
    assert 0 <= lag["lag_ms"] < 60_000
    assert lag["build"].startswith(ask(wire, "ops/status")["version"])
    page = wire.request("GET", "/experiments", headers={"Accept": "text/html"}).body["text"]
    assert f'<meta name="build" content="{lag["build"]}">' in page


def test_a_stream_from_another_log_is_refused(wire: Wire) -> None:
    assert wire.request("GET", f"{OWN}/stream", params={"since": 10**12}).status == 410


def events(wire: Wire, **arguments: Any) -> Iterator[tuple[str, int | None, Any]]:
    """Server-sent events as (name, id, data)."""
    with requests.get(f"{wire.url}{OWN}/stream", params=arguments, stream=True, timeout=20) as response:
        assert response.headers["content-type"] == "text/event-stream"
        fields: dict[str, str] = {}
        for line in response.iter_lines(decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                yield fields["event"], int(fields["id"]) if "id" in fields else None, json.loads(fields["data"])
                fields = {}
