"""`runledger replay` beside a server at work: killed in every phase and resumed, switched, rolled back; no read fails or is stale."""

import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from conftest import StartServer
from harness.history import lengthen, log_runs
from harness.load import Writer
from harness.operator import Operator
from harness.populated import populate
from harness.runledger import Runledger
from harness.waiting import wait_until
from harness.wire import Wire

# The whole size is 2 000 000, which takes minutes. `runledger-bench` at this path then adds a load that a test's own
# threads cannot make.
EVENTS = int(os.environ.get("RUNLEDGER_REPLAY_EVENTS", "20000"))
BENCH = os.environ.get("RUNLEDGER_REPLAY_BENCH")
LIMIT = 60 + EVENTS / 1_000


class Reader(threading.Thread):
    """Writes a little and reads it back at once, by id and by search, until told to finish."""

    def __init__(self, url: str, experiment_id: str) -> None:
        super().__init__(daemon=True)
        self.reads = 0
        self.failure: BaseException | None = None
        self._wire = Wire(url)
        self._experiment_id = experiment_id
        self._finish = threading.Event()

    def run(self) -> None:
        try:
            run_id = self._wire.new_run(self._experiment_id)
            while not self._finish.is_set():
                self.reads += 1
                value = str(self.reads)
                self._wire.post("runs/set-tag", run_id=run_id, key="seen", value=value).ok()
                assert self._wire.data(run_id)["tags"]["seen"] == value, "a read by id is stale"
                search = {"experiment_ids": [self._experiment_id], "filter": f"tags.seen = '{value}'"}
                found = self._wire.post("runs/search", **search).ok().get("runs", [])
                assert [run["info"]["run_id"] for run in found] == [run_id], f"a search is stale: {value}"
        except BaseException as error:
            self.failure = error

    def finish(self) -> None:
        self._finish.set()
        self.join(timeout=60)
        assert not self.is_alive()
        if self.failure is not None:
            raise self.failure


def start_with_history(start_server: StartServer, events: int) -> tuple[Runledger, Operator, str]:
    server = start_server()
    experiment_id = Wire(server.url).new_experiment()
    log_runs(Wire(server.url), experiment_id, 12)
    operator = Operator(server)
    assert server.stop() == 0
    lengthen(operator, events)
    server.start()
    await_views(operator)
    return server, operator, experiment_id


def await_views(operator: Operator) -> None:
    ((head,),) = operator.log("SELECT max(position) FROM events")
    wait_until("the views have caught up", lambda: operator.views("SELECT min(position) FROM projections")[0][0] >= head, LIMIT)


@contextmanager
def load(server: Runledger, operator: Operator) -> Iterator[None]:
    """One point per request from sixteen clients, where asked for; says how many events a second were appended."""
    command = [BENCH or "true", "log-metric", "--url", server.url, "--clients", "16", "--seconds", "36000"]
    ((before,),) = operator.log("SELECT max(position) FROM events")
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as bench:
        try:
            yield
            ((after,),) = operator.log("SELECT max(position) FROM events")
            seconds = time.monotonic() - began
            print(f"{after - before} events in {seconds:.0f} s of load, {(after - before) / seconds:.0f} a second")
            assert not BENCH or bench.poll() is None, "the load ended"
        finally:
            bench.terminate()


def kill_at(replay: "subprocess.Popen[str]", phase: str) -> bool:
    """Kills the command once it is in the phase; whether it got there before it was over."""
    assert replay.stderr is not None
    for line in replay.stderr:
        if line.strip() == phase:
            # Not at its first instruction, but somewhere in the phase.
            time.sleep(random.uniform(0, 0.1))
            replay.send_signal(signal.SIGKILL)
            replay.communicate()
            return True
    replay.communicate()
    return False


@pytest.mark.timeout(LIMIT * 6)
def test_a_replay_under_load_is_killed_resumed_and_rolled_back(start_server: StartServer) -> None:
    server, operator, experiment_id = start_with_history(start_server, EVENTS)
    wire = Wire(server.url)
    writers = [Writer(server.url, wire.new_run(experiment_id), name, points_per_batch=20) for name in ("a", "b")]
    reader = Reader(server.url, experiment_id)
    threads = [*writers, reader]
    for thread in threads:
        thread.start()

    with load(server, operator):
        # A phase that is over too soon to be seen is the next one's business.
        seen = [phase for phase in ("loading", "comparing", "switching") if kill_at(operator.start("replay"), phase)]
        assert "loading" in seen, seen
        # Resumed or, where the last one was killed after its switch, done once more.
        assert "is active; it says what the one before said" in operator.ok("replay", timeout=LIMIT)
        reads = reader.reads
        assert "is active again" in operator.ok("replay", "--rollback", timeout=LIMIT)
        assert "is active again" in operator.ok("replay", "--rollback", timeout=LIMIT)
        wait_until("the reader goes on", lambda: reader.reads > reads + 5 or reader.failure)

    for thread in threads:
        thread.finish()
    for writer in writers:
        writer.check()
    await_views(operator)
    digest = operator.ok("replay", "--dry-run", timeout=LIMIT).split()[1]
    assert f"digest {digest}" in operator.ok("verify", timeout=LIMIT)
    states = [line.split()[1] for line in operator.ok("replay", "--list").splitlines()]
    assert sorted(states) == ["active", "previous"]


def test_an_event_of_an_unknown_kind_stops_a_replay_and_not_the_server(start_server: StartServer) -> None:
    server = start_server()
    wire, operator = Wire(server.url), Operator(server)
    run_id = wire.new_run()
    assert server.stop() == 0
    operator.log(
        "INSERT INTO events SELECT position + 1, event_id, stream_id, stream_kind, 'RunTeleported', schema_version,"
        " payload, points, bytes, actor, request_id, recorded_at, trace FROM events ORDER BY position DESC LIMIT 1"
    )
    ((position,),) = operator.log("SELECT max(position) FROM events")
    server.start()
    wire.post("runs/set-tag", run_id=run_id, key="k", value="v").ok()
    await_views(operator)
    assert wire.data(run_id)["tags"]["k"] == "v"
    assert operator.views("SELECT position, kind FROM dead_letters") == [(position, "RunTeleported")]
    assert "runledger_projector_dead_letters_total 1" in wire.session.get(f"{server.url}/metrics").text

    done = operator.run("replay")
    assert done.returncode == 1
    assert f"position {position} " in done.stderr
    assert "RunTeleported" in done.stderr
    operator.ok("replay", "--keep-dead-letters")
    assert operator.views("SELECT position FROM dead_letters") == [(position,)]


def test_a_second_replay_is_refused_and_names_the_first(start_server: StartServer) -> None:
    operator = Operator(start_server())
    with views_locked(operator):
        first = operator.start("replay")
        assert first.stderr is not None
        assert any(line.strip() == "switching" for line in first.stderr)
        second = operator.run("replay", "--dry-run")
    assert second.returncode == 1
    assert f"`runledger replay` of process {first.pid}, which is switching at position" in second.stderr
    out, errors = first.communicate(timeout=30)
    assert first.returncode == 0, errors
    assert "generation 2 of the views is active" in out


# A table of each group, with a change of it that nobody should make.
DAMAGE = {
    "params": "UPDATE params SET value = 'damaged'",
    "tags": "UPDATE tags SET value = 'damaged' WHERE key = 'number'",
    "metrics": "UPDATE metrics SET value = 77 WHERE key = 'loss'",
    "inputs": "UPDATE dataset_inputs SET context = 'damaged'",
    "models": "UPDATE logged_models SET name = 'damaged'",
    "registry": "UPDATE model_versions SET description = 'damaged'",
    "artifacts": "UPDATE artifacts SET size = 77",
}


@pytest.mark.timeout(LIMIT * 6)
def test_single_views_are_rebuilt_and_the_others_taken_over(start_server: StartServer) -> None:
    server = start_server()
    operator = Operator(server)
    populate(Wire(server.url), 40)
    await_views(operator)
    digest = operator.ok("replay", "--dry-run").split()[1]
    assert operator.ok("replay", "--dry-run", "--view", "runs").splitlines() == [
        f"digest {digest} at position {head(operator)}",
        "runs say what the log says",
    ]
    for statement in DAMAGE.values():
        operator.views(statement)
    for number, view in enumerate(DAMAGE):
        differs = operator.run("replay", "--view", view)
        assert differs.returncode == 1, view
        assert f"replay --accept-differences --view runs --view {view}`" in differs.stderr
        others = [statement.split()[1] + "." for other, statement in DAMAGE.items() if other != view]
        assert not any(table in line for line in differs.stdout.splitlines() for table in others), differs.stdout
        done = operator.ok("replay", "--accept-differences", "--view", view)
        assert f"of which runs, {view} were rebuilt, is active" in done
        # What was mended before stays so, because it was taken over.
        assert (operator.run("replay", "--dry-run").returncode == 1) == (number < len(DAMAGE) - 1), view
    assert operator.ok("replay", "--dry-run").split()[1] == digest
    assert ", rebuilt runs, artifacts" in operator.ok("replay", "--list")


def head(operator: Operator) -> int:
    ((position,),) = operator.log("SELECT max(position) FROM events")
    return int(position)


@pytest.mark.timeout(LIMIT * 6)
def test_a_replay_of_single_views_is_killed_and_resumed_under_load(start_server: StartServer) -> None:
    server, operator, experiment_id = start_with_history(start_server, EVENTS)
    wire = Wire(server.url)
    # Both in the log and in the views, so that only what is rebuilt can tell.
    operator.views("UPDATE params SET value = 'damaged'")
    ((damaged,),) = operator.views("SELECT count(*) FROM params")
    writer = Writer(server.url, wire.new_run(experiment_id), "a", points_per_batch=20)
    reader = Reader(server.url, experiment_id)
    for thread in (writer, reader):
        thread.start()
    words = ("replay", "--view", "metrics", "--view", "tags")
    seen = [phase for phase in ("copying", "copying", "loading", "comparing") if kill_at(operator.start(*words), phase)]
    assert "copying" in seen, seen
    done = operator.ok(*words, timeout=LIMIT)
    assert "of which runs, tags, metrics were rebuilt, is active; it says what the one before said" in done
    for thread in (writer, reader):
        thread.finish()
    writer.check()
    await_views(operator)
    ((still,),) = operator.views("SELECT count(*) FROM params WHERE value = 'damaged'")
    assert still == damaged
    assert "generation" in operator.ok("replay", "--view", "params", "--accept-differences", timeout=LIMIT)
    operator.ok("verify", timeout=LIMIT)


def test_what_single_views_cannot_be_rebuilt_for_is_said(start_server: StartServer) -> None:
    operator = Operator(start_server())
    past = operator.run("replay", "--view", "tags", "--until", "1")
    assert past.returncode == 1
    assert "leave --view out" in past.stderr
    unknown = operator.run("replay", "--view", "runes")
    assert unknown.returncode == 2
    assert "only runs, params, tags, metrics, inputs, models, registry, artifacts" in unknown.stderr
    assert len(operator.ok("replay", "--list").splitlines()) == 1


@contextmanager
def views_locked(operator: Operator) -> Iterator[None]:
    """Nobody writes to the active views meanwhile, so a replay waits at its switch."""
    if operator.database_url is None:
        with closing(sqlite3.connect(operator.views_file(), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    with operator.postgres() as connection, connection.transaction():
        connection.execute("LOCK TABLE runledger_views.projections IN SHARE MODE")
        yield


def test_the_past_is_built_beside_the_present(start_server: StartServer) -> None:
    server = start_server()
    wire, operator = Wire(server.url), Operator(server)
    run_id = wire.new_run(run_name="before")
    ((position,),) = operator.log("SELECT max(position) FROM events")
    wire.post("runs/update", run_id=run_id, run_name="after").ok()
    done = operator.ok("replay", "--until", str(position))
    assert f"shows the views as of position {position}" in done
    if operator.database_url is None:
        with closing(sqlite3.connect(operator.data / "views-2.db")) as connection:
            names = connection.execute("SELECT name FROM runs WHERE run_id = ?", (run_id,)).fetchall()
    else:
        names = operator.log("SELECT name FROM runledger_views_2.runs WHERE run_id = ?", run_id)
    assert names == [("before",)]
    assert wire.run(run_id)["info"]["run_name"] == "after"
    assert operator.run("replay", "--until", str(position + 100)).returncode == 1
    operator.ok("replay", "--discard", "2")
    assert len(operator.ok("replay", "--list").splitlines()) == 1
