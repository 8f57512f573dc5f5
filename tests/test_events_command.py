"""The commands about the log: looking at events, exporting them, and events that could not be applied."""

import contextlib
import json
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
from conftest import StartServer
from harness.runledger import BINARY, Runledger
from harness.waiting import wait_until
from harness.wire import Wire

OWN = "/api/runledger/v1"


def command(server: Runledger, *words: str, check: bool = True) -> str:
    """What the command prints, run beside the server on its database."""
    done = subprocess.run(words_of(server, *words), capture_output=True, text=True, timeout=60)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout if check else f"{done.returncode} {done.stdout}{done.stderr}"


def words_of(server: Runledger, *words: str) -> list[str]:
    place = ["--data-dir", str(server.folder / "data")]
    if server.database_url is not None:
        place += ["--database-url", server.database_url]
    return [str(BINARY), *words, *place]


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@contextlib.contextmanager
def log_by_hand(server: Runledger) -> Iterator[Any]:
    """A function that appends an event as no server would; it answers the position. Nothing else may append meanwhile."""
    if server.database_url is not None:
        connection: Any = psycopg.connect(server.database_url, autocommit=True)
        mark = "%s"
    else:
        connection = sqlite3.connect(server.folder / "data" / "log.db", isolation_level=None, timeout=10)
        mark = "?"

    def append(stream: str, kind: str, payload: Any, version: int = 1) -> int:
        (position,) = connection.execute("SELECT COALESCE(MAX(position), 0) + 1 FROM events").fetchone()
        text = json.dumps(payload)
        values = (
            *(position, str(uuid.uuid4()), stream, stream.split("/")[0], kind, version, text),
            *(len(text), "by hand", "r1", int(time.time() * 1000)),
        )
        connection.execute(
            "INSERT INTO events (position, event_id, stream_id, stream_kind, kind, schema_version, payload, bytes, actor, "
            f"request_id, recorded_at) VALUES ({', '.join([mark] * len(values))})",
            values,
        )
        return int(position)

    with contextlib.closing(connection):
        yield append


def test_tail_shows_what_happened_and_what_happens(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    first, second = wire.new_experiment(), wire.new_experiment()
    mine, other = wire.new_run(first), wire.new_run(second)
    wire.post("runs/set-tag", run_id=mine, key="a", value="1").ok()
    shown = lines(command(server, "events", "tail", "--json", "--run", mine))
    assert [event["kind"] for event in shown] == ["RunCreated", "TagsSet"]
    assert {event["experiment_id"] for event in shown} == {first}
    of_experiment = lines(command(server, "events", "tail", "--json", "--experiment", second))
    assert [event["kind"] for event in of_experiment] == ["ExperimentCreated", "RunCreated"]
    everything = lines(command(server, "events", "tail", "--json", "--from", "1"))
    assert [event["position"] for event in everything] == list(range(1, len(everything) + 1))
    assert [event["position"] for event in lines(command(server, "events", "tail", "--json", "--limit", "2"))] == [
        event["position"] for event in everything[-2:]
    ]
    assert "RunCreated" in command(server, "events", "tail", "--kind", "RunCreated")

    follow = words_of(server, "events", "tail", "--json", "--follow", "--run", other, "--limit", "1")
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["kind"] == "RunCreated"
        for number in range(5):
            wire.post("runs/set-tag", run_id=mine, key="a", value=str(number)).ok()
            wire.post("runs/set-tag", run_id=other, key="b", value=str(number)).ok()
        followed = [json.loads(process.stdout.readline()) for _ in range(5)]
        process.kill()
    assert [event["payload"]["tags"][0]["value"] for event in followed] == ["0", "1", "2", "3", "4"]

    event = json.loads(command(server, "events", "show", str(shown[0]["position"])))
    assert event["payload"]["run_id"] == mine
    assert "no event 999" in command(server, "events", "show", "999", check=False)
    assert "no run" in command(server, "events", "tail", "--run", "nobody", check=False)


def test_an_export_goes_on_where_it_ended(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    wire = Wire(server.url)
    run_id = wire.new_run()
    values = [1.5, float("nan"), float("inf"), -0.0]
    for step, value in enumerate(values):
        metric = {"key": "loss", "value": json_double(value), "timestamp": 1000 + step, "step": step}
        wire.post("runs/log-batch", run_id=run_id, metrics=[metric]).ok()
    for number in range(25):
        wire.post("runs/set-tag", run_id=run_id, key="n", value=str(number)).ok()
    targets = {"jsonl": tmp_path / "lines", "parquet": tmp_path / "tables"}
    for form, folder in targets.items():
        command(server, "events", "export", "--format", form, "--to", str(folder), "--partition", "10")
    before = exported_lines(targets["jsonl"])
    head = len(before)
    for number in range(25):
        wire.post("runs/set-tag", run_id=run_id, key="m", value=str(number)).ok()

    # An interrupted export leaves a file that has no name yet, and points without their events.
    (targets["jsonl"] / "000000000001-000000000010.jsonl.part").write_text("half a li")
    points = targets["parquet"] / "points"
    left = points / f"{head + 1:012}-{head + 3:012}.parquet"
    left.write_bytes(next(iter(sorted(points.iterdir()))).read_bytes())
    for form, folder in targets.items():
        command(server, "events", "export", "--format", form, "--to", str(folder), "--partition", "10")
    after = exported_lines(targets["jsonl"])
    assert after[:head] == before
    assert [event["position"] for event in after] == list(range(1, head + 26))
    assert not list(targets["jsonl"].glob("*.part"))
    found = [point for event in after for point in event.get("points", {}).get("loss", [])]
    assert found == [[step, 1000 + step, json_double(value)] for step, value in enumerate(values)]

    events = pyarrow.parquet.read_table(targets["parquet"] / "events").to_pylist()
    assert [(e["position"], e["kind"], json.loads(e["payload"])) for e in events] == [
        (event["position"], event["kind"], event["payload"]) for event in after
    ]
    rows = pyarrow.parquet.read_table(points).to_pylist()
    assert [(row["run_id"], row["key"], row["step"], repr(row["value"])) for row in rows] == [
        (run_id, "loss", step, repr(value)) for step, value in enumerate(values)
    ]
    refused = command(server, *export(targets["jsonl"], "--from", "500"), check=False)
    assert refused.startswith("1 "), refused
    assert "another folder" in refused
    command(server, *export(tmp_path / "later", "--from", "7"))
    assert exported_lines(tmp_path / "later")[0]["position"] == 7


def export(folder: Path, *words: str) -> list[str]:
    return ["events", "export", "--format", "jsonl", "--to", str(folder), *words]


def exported_lines(folder: Path) -> list[Any]:
    return [event for file in sorted(folder.glob("*.jsonl")) for event in lines(file.read_text())]


def json_double(value: float) -> Any:
    return {"nan": "NaN", "inf": "Infinity"}.get(repr(value), value)


def test_a_dead_letter_is_shown_and_applied_again_in_its_place(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    run_id = wire.new_run()
    wire.post("runs/set-tag", run_id=run_id, key="k", value="before").ok()
    with log_by_hand(server) as append:
        # From a newer version, one that nobody can read, and one that a view refuses to know.
        newer = append(f"run/{run_id}", "TagsSet", {"tags": [{"key": "k", "value": "of a newer server"}]}, version=9)
        corrupt = append(f"run/{run_id}", "ParamsLogged", {"params": "none"})
        orphan = append("run/nobody", "TagsSet", {"tags": [{"key": "k", "value": "v"}]})
    wire.post("runs/set-tag", run_id=run_id, key="k", value="after").ok()
    listed = wait_until("they are dead letters", lambda: letters(server, 3))
    assert [letter["position"] for letter in listed] == [orphan, corrupt, newer]
    assert "version 9" in listed[2]["error"]
    assert "nobody is unknown" in listed[0]["error"]
    shown = json.loads(command(server, "dead-letters", "show", str(corrupt)))
    assert shown["event"]["payload"] == {"params": "none"}
    assert Wire(server.url).data(run_id)["tags"]["k"] == "after"

    refused = command(server, "dead-letters", "retry", str(orphan), check=False)
    assert "nobody is unknown" in refused
    assert len(letters(server, 3)) == 3

    # A later version of the server would read them. To this one they are made readable under its hands.
    mend(server, newer, "schema_version = 1")
    mend(server, corrupt, "payload = '{\"params\": [{\"key\": \"p\", \"value\": \"late\"}]}'")
    tried = command(server, "dead-letters", "retry", str(corrupt))
    assert "2 events" in tried, "the other one of the run is tried along"
    assert [letter["position"] for letter in letters(server, 1)] == [orphan]
    data = wire.data(run_id)
    assert data["params"] == {"p": "late"}
    assert data["tags"]["k"] == "after", "what came later counts"
    assert "no dead letter" in command(server, "dead-letters", "show", str(newer), check=False)


def test_a_run_whose_creation_was_a_dead_letter_comes_with_everything_that_followed(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    experiment_id = wire.new_experiment()
    run_id = uuid.uuid4().hex
    created = {
        "run_id": run_id, "experiment_id": int(experiment_id), "name": "n", "user_id": "u", "start_time": 1,
        "artifact_uri": f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts", "tags": [],
    }
    with log_by_hand(server) as append:
        position = append(f"run/{run_id}", "RunCreated", created | {"start_time": "soon"})
        append(f"run/{run_id}", "TagsSet", {"tags": [{"key": "a", "value": "1"}]})
        append(f"run/{run_id}", "RunUpdated", {"status": "FINISHED", "end_time": 5})
    wait_until("they are dead letters", lambda: letters(server, 3))
    mend(server, position, f"payload = '{json.dumps(created)}'")
    command(server, "dead-letters", "retry", "--all")
    run = wire.run(run_id)
    assert (run["info"]["status"], run["info"]["end_time"]) == ("FINISHED", 5)
    assert wire.data(run_id)["tags"]["a"] == "1"
    assert letters(server, 0) == []


def letters(server: Runledger, number: int) -> list[Any]:
    """The dead letters, once there are as many."""
    found = lines(command(server, "dead-letters", "list", "--json"))
    return found if len(found) >= number else []


def mend(server: Runledger, position: int, change: str) -> None:
    """Changes an event, which the log refuses to everybody who asks nicely."""
    if server.database_url is not None:
        with psycopg.connect(server.database_url, autocommit=True) as connection:
            connection.execute("ALTER TABLE events DISABLE TRIGGER events_no_update")
            connection.execute(f"UPDATE events SET {change} WHERE position = {position}")
            connection.execute("ALTER TABLE events ENABLE TRIGGER events_no_update")
        return
    connection = sqlite3.connect(server.folder / "data" / "log.db", isolation_level=None, timeout=10)
    with contextlib.closing(connection):
        (trigger,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'events_no_update'").fetchone()
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute(f"UPDATE events SET {change} WHERE position = {position}")
        connection.execute(trigger)
