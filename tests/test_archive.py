"""`runledger archive events`: the log's old partitions leave the database, and everything that reads them finds them."""

import contextlib
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import psycopg
import pytest
import requests
from conftest import StartServer
from harness.history import lengthen, log_runs
from harness.objects import private_store
from harness.operator import Operator
from harness.postgres import Postgres
from harness.runledger import Runledger
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

OWN = "/api/runledger/v1"
# Positions in a partition, instead of ten million.
WIDTH = 1_000
EVENTS = 4_500
# All that is in partitions before the one of the latest event.
ARCHIVED = 3_999


@pytest.fixture
def start_small(postgres: Postgres, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers on one database whose log has small partitions, and on one artifact store."""
    with postgres.database() as url, contextlib.ExitStack() as stack:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE events_000000")
            connection.execute("UPDATE counters SET value = %s WHERE name = 'events_per_partition'", (WIDTH,))
            connection.execute("SELECT extend_events(%s)", (EVENTS + 2 * WIDTH,))

        def start(**options: Any) -> Runledger:
            server = Runledger(tmp_path / "server", database_url=url, **options)
            stack.callback(server.kill)
            server.start()
            return server

        yield start


class Seen:
    """What readers are told of a run and of the log; everything of it was so before something was archived."""

    def __init__(self, server: Runledger, experiment_id: str, run_id: str) -> None:
        wire, operator = Wire(server.url), Operator(server)
        self.events = own(wire, f"runs/{run_id}/events", limit=1_000)["events"]
        first, last = self.events[-1]["position"], self.events[0]["position"]
        self.page = own(wire, f"runs/{run_id}/events", limit=5, before=last)["events"]
        moments = range(first, last + 1, 5)
        self.past = [own(wire, f"runs/{run_id}", as_of=moment) for moment in moments]
        self.difference = own(wire, f"runs/{run_id}/diff", **{"from": first, "to": last})
        self.stream = list(stream(wire, since=0, upto=EVENTS))
        self.of_run = list(stream(wire, since=0, upto=last, run_id=run_id))
        self.tail = operator.ok("events", "tail", "--run", run_id, "--limit", "50", "--json")
        self.shown = [operator.ok("events", "show", str(moment)) for moment in (1, first, WIDTH, ARCHIVED, EVENTS)]
        client = mlflow.MlflowClient(server.url)
        self.runs = [run.to_dictionary() for run in client.search_runs([experiment_id], max_results=500)]
        self.history = [(p.step, p.value, p.timestamp) for p in client.get_metric_history(run_id, "loss")]
        self.digest = operator.ok("replay", "--dry-run").split()[1]


def own(wire: Wire, path: str, **arguments: Any) -> Any:
    return wire.request("GET", f"{OWN}/{path}", params=arguments).ok()


def stream(wire: Wire, since: int, upto: int, **arguments: Any) -> Iterator[Any]:
    """What the stream of events tells behind the position, up to and including the other."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(since)} if since else {"Accept": "text/event-stream"}
    arguments |= {} if since else {"since": 0}
    with requests.get(f"{wire.url}{OWN}/events", params=arguments, headers=headers, stream=True, timeout=20) as response:
        for line in response.iter_lines(chunk_size=512, decode_unicode=True):
            if line.startswith("data:"):
                told = json.loads(line[5:])
                if "position" in told and "kind" in told:
                    yield told
                    if told["position"] >= upto:
                        return


def fill(server: Runledger, start: Any) -> tuple[Runledger, Operator, str, str]:
    """A server with a log of some partitions; an experiment, and a run of it at the log's beginning."""
    wire, operator = Wire(server.url), Operator(server)
    experiment_id = wire.new_experiment()
    run_ids = log_runs(wire, experiment_id, 12)
    wire.request("PUT", f"{ARTIFACTS}/{experiment_id}/{run_ids[0]}/artifacts/a.txt", data=b"old").ok()
    wire.new_version(wire.new_model(), run_id=run_ids[0])
    wait_until("the artifact is stored", lambda: operator.views("SELECT state FROM artifacts") == [("stored",)])
    assert server.stop() == 0
    lengthen(operator, EVENTS)
    # A reactor writes down its place every hundred thousand events, a new one at once.
    operator.log("DELETE FROM reactors")
    server = start()
    # Some more in the last partition, of the same run.
    wire = Wire(server.url)
    while head(operator) < EVENTS:
        wire.post("runs/set-tag", run_id=run_ids[0], key="n", value=str(head(operator))).ok()
    await_everybody(operator)
    return server, operator, experiment_id, run_ids[0]


def head(operator: Operator) -> int:
    return int(operator.log("SELECT max(position) FROM events")[0][0])


def await_everybody(operator: Operator) -> None:
    """Until projector, dispatcher and webhooks have read the log."""
    places = "SELECT min(position) FROM (SELECT position FROM projections UNION ALL SELECT position FROM reactors) AS p"
    wait_until("everybody has read the log", lambda: operator.log(places)[0][0] >= ARCHIVED + 1, limit=60)


def kept_from(operator: Operator) -> int:
    return int(operator.log("SELECT min(position) FROM events")[0][0])


def kill_after(command: "subprocess.Popen[str]", word: str) -> None:
    """Kills the command once it has said the word."""
    assert command.stdout is not None
    for line in command.stdout:
        if word in line:
            break
    else:
        raise AssertionError(f"the command ended without {word!r}: {command.communicate()}")
    command.send_signal(signal.SIGKILL)
    command.communicate()


def objects(server: Runledger) -> list[Path]:
    return sorted((server.folder / "data" / "artifacts" / "#archive" / "events").iterdir())


class Reader(threading.Thread):
    """Reads the events of a run over and over; each time they have to be the same."""

    def __init__(self, url: str, run_id: str) -> None:
        super().__init__(daemon=True)
        self.reads, self.failure = 0, None
        self._wire, self._run_id = Wire(url), run_id
        self._finish = threading.Event()

    def run(self) -> None:
        try:
            expected = self.look()
            while not self._finish.is_set():
                assert self.look() == expected, "a read is not what it was"
                self.reads += 1
        except BaseException as error:
            self.failure = error

    def look(self) -> Any:
        events = own(self._wire, f"runs/{self._run_id}/events", limit=1_000)["events"]
        return events, own(self._wire, f"runs/{self._run_id}", as_of=events[0]["position"])

    def finish(self) -> None:
        self._finish.set()
        self.join(timeout=60)
        assert self.failure is None, self.failure
        assert self.reads > 5


@pytest.mark.timeout(400)
def test_archived_events_are_read_as_before(start_small: StartServer) -> None:
    server, operator, experiment_id, run_id = fill(start_small(), start_small)
    before = Seen(server, experiment_id, run_id)
    assert [event["position"] for event in before.stream] == list(range(1, EVENTS + 1))

    planned = operator.ok("archive", "events", "--dry-run")
    assert "events 1 to 999 in events_from_000000000000" in planned
    assert "events 4000 to 4999 stay in events_from_000000004000 and the table" in planned
    planned = operator.ok("archive", "events", "--dry-run", "--before", "2500")
    assert "events 2000 to 2999 stay in events_from_000000002000 and the table: it goes beyond --before" in planned
    assert "is not older" in operator.ok("archive", "events", "--dry-run", "--older-than", "30d")
    assert kept_from(operator) == 1

    # Killed twice, once before and once after the objects serve the first partition, while others read and write.
    reader = Reader(server.url, run_id)
    reader.start()
    kill_after(operator.start("archive", "events"), "stay in")
    kill_after(operator.start("archive", "events"), "events_from_000000000000 is archived")
    done = operator.ok("archive", "events", "--before", "3000")
    assert done.count("is gone from the database") == 3, done
    assert kept_from(operator) == 3_000
    operator.ok("archive", "events", "--keep-tables")
    assert kept_from(operator) == ARCHIVED + 1
    assert operator.log("SELECT count(*) FROM events_from_000000003000") == [(1_000,)]
    reader.finish()
    assert len(objects(server)) == 4

    assert vars(Seen(server, experiment_id, run_id)) == vars(before)
    assert server.stop() == 0
    server = start_small()
    assert vars(Seen(server, experiment_id, run_id)) == vars(before)
    assert "5000 events without a gap" in operator.ok("verify", "--log").replace(str(head(operator)), "5000")

    # What was archived goes on.
    wire = Wire(server.url)
    wire.post("runs/set-tag", run_id=run_id, key="late", value="1").ok()
    events = own(wire, f"runs/{run_id}/events", limit=1_000)["events"]
    assert events[0]["changes"] == [{"field": "tags.late", "old": None, "new": "1"}]
    assert events[1:] == before.events
    assert wire.request("GET", f"{ARTIFACTS}/{experiment_id}/{run_id}/artifacts/a.txt").body == {"text": "old"}
    operator.ok("verify", "--log", "--views", "--artifacts")
    assert "it says what the one before said" in operator.ok("replay")
    assert "stay in events_from_000000004000" in operator.ok("archive", "events")


@pytest.mark.timeout(400)
def test_an_object_that_is_gone_is_named_by_whoever_needs_it(start_small: StartServer) -> None:
    server, operator, _, run_id = fill(start_small(), start_small)
    operator.ok("archive", "events")
    gone = objects(server)[0]
    content = gone.read_bytes()
    gone.unlink()
    server.stop()
    server = start_small()

    wire = Wire(server.url)
    wire.request("GET", f"{OWN}/runs/{run_id}/events").refused(503, "TEMPORARILY_UNAVAILABLE")
    assert wire.run(run_id)["info"]["run_id"] == run_id
    wire.post("runs/set-tag", run_id=run_id, key="late", value="1").ok()
    done = operator.run("verify", "--log")
    assert done.returncode == 1
    assert f"archived events 1 to 999, object #archive/events/{gone.name}: the artifact store has no such" in done.stdout
    done = operator.run("replay")
    assert done.returncode == 1
    assert gone.name in done.stderr
    assert "bring it back from a backup" in done.stderr
    assert operator.run("events", "export", "--format", "jsonl", "--to", str(server.folder / "out")).returncode == 1

    gone.write_bytes(content[:-1] + b"?")
    assert "has the SHA-256" in operator.run("verify", "--log").stdout
    gone.write_bytes(content)
    operator.ok("verify", "--log")
    operator.ok("replay")
    assert own(wire, f"runs/{run_id}/events")["events"]


@pytest.mark.timeout(400)
def test_archived_events_are_read_from_a_bucket(start_small: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with private_store("minio") as (_, store), store.bucket() as bucket:
        for name, value in store.credentials.items():
            monkeypatch.setenv(name, value)
        place = ("--artifact-store", bucket.url, "--s3-endpoint", store.endpoint)
        server, operator, _, run_id = fill(start_small(flags=place), lambda: start_small(flags=place))
        wire = Wire(server.url)
        events = own(wire, f"runs/{run_id}/events", limit=1_000)["events"]
        told = list(stream(wire, since=0, upto=EVENTS))
        operator.ok("archive", "events", *place)
        assert kept_from(operator) == ARCHIVED + 1
        assert len(bucket.keys("#archive/events/")) == 4
        assert own(wire, f"runs/{run_id}/events", limit=1_000)["events"] == events
        assert list(stream(wire, since=0, upto=EVENTS)) == told
        operator.ok("verify", "--log", "--views", *place)
        bucket.delete(sorted(bucket.keys("#archive/events/"))[:1])
        assert "events 1 to 999" in operator.run("verify", "--log", *place).stdout


def test_sqlite_keeps_its_log_in_one_file(start_on_sqlite: StartServer) -> None:
    done = Operator(start_on_sqlite()).run("archive", "events")
    assert done.returncode == 1
    assert "on SQLite the log is one table in one file" in done.stderr
