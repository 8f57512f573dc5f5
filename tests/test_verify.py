"""`runledger verify` names what somebody changed by hand, and holds on a copy of the database in another cluster."""

import subprocess
from pathlib import Path

import pytest
from conftest import StartServer
from harness.history import log_runs
from harness.operator import Operator, environment
from harness.runledger import Runledger
from harness.service import private_service
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

EVERYTHING = ("verify", "--log", "--views", "--artifacts")


def fill(server: Runledger) -> tuple[Operator, list[str], str]:
    """Runs, one of them with a long history, a model, and an artifact that has reached the store; its path."""
    wire, operator = Wire(server.url), Operator(server)
    experiment_id = wire.new_experiment()
    run_ids = log_runs(wire, experiment_id, 3)
    wire.new_version(wire.new_model(), run_id=run_ids[0])
    long = wire.new_run(experiment_id)
    # Enough that merged segments have outlines, also where several of these are projected together.
    for start in range(0, 40_000, 1_000):
        points = [{"key": "long", "value": step % 97, "timestamp": step, "step": step} for step in range(start, start + 1_000)]
        wire.post("runs/log-batch", run_id=long, metrics=points).ok()
    wire.new_logged_model(experiment_id)
    path = f"{experiment_id}/{run_ids[0]}/artifacts/model.bin"
    wire.request("PUT", f"{ARTIFACTS}/{path}", data=b"content" * 1_000).ok()
    stored = "SELECT count(*) FROM artifacts WHERE state = 'stored'"
    wait_until("the artifact is stored", lambda: operator.views(stored) == [(1,)])
    return operator, [*run_ids, long], path


def findings(operator: Operator, *command: str) -> str:
    done = operator.run(*command)
    assert done.returncode == 1, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_everything_that_was_changed_by_hand_is_named(start_server: StartServer) -> None:
    server = start_server()
    operator, run_ids, path = fill(server)
    holds = operator.ok(*EVERYTHING)
    assert [line.split()[:2] for line in holds.splitlines()] == [["ok", "log:"], ["ok", "views:"], ["ok", "artifacts:"]]

    # A row of the views.
    operator.views("UPDATE params SET value = 'forged' WHERE key = 'key 3' AND value = 'value 1'")
    told = findings(operator, "verify", "--views")
    assert f'run {run_ids[1]}: params.value of "key 3" is "forged", by the log it is "value 1"' in told
    operator.views("UPDATE params SET value = 'value 1' WHERE value = 'forged'")
    operator.views("DELETE FROM metric_segments WHERE key = 'loss' AND run_no = (SELECT min(run_no) FROM runs)")
    assert f'run {run_ids[0]}: history of "loss"' in findings(operator, "verify")
    operator.views("UPDATE metric_segments SET outline = columns WHERE outline IS NOT NULL")
    assert f'run {run_ids[3]}: history of "long" is an outline of segment' in findings(operator, "verify")
    operator.ok("replay", "--accept-differences")
    operator.ok("verify")

    # An object.
    file = operator.data / "artifacts" / path
    file.write_bytes(b"Content" * 1_000)
    assert f"artifact {path}: has the SHA-256" in findings(operator, *EVERYTHING)
    file.unlink()
    assert f"artifact {path}: the artifact store has no such object" in findings(operator, "verify", "--artifacts")
    operator.ok("verify")

    # The log, and a guard of it.
    operator.log("UPDATE guards SET version = 99 WHERE key = ?", f"run/{run_ids[2]}")
    operator.log("DELETE FROM guards WHERE key = ?", f"run/{run_ids[1]}")
    if operator.database_url is None:
        operator.log("DROP TRIGGER events_no_delete")
        operator.log("DROP TRIGGER events_no_update")
    else:
        operator.log("DROP TRIGGER events_no_update ON events")
    operator.log("UPDATE events SET payload = '{\"tags\": 3}' WHERE position = 9 + (SELECT min(position) FROM events)"
                 " AND kind IN ('TagsSet', 'ParamsLogged', 'MetricsLogged', 'RunCreated')")
    operator.log("DELETE FROM events WHERE position IN (17, 21, 22)")
    told = findings(operator, "verify", "--log")
    assert "log, position 17: no event is there" in told
    assert "log, positions 21 to 22: no event is there" in told
    assert "log, position 10: does not read" in told
    assert f"guard run/{run_ids[2]}: has version 99" in told
    assert f"guard run/{run_ids[1]}: is missing" in told
    done = operator.run("replay", "--dry-run")
    assert done.returncode == 1
    assert "position 10 " in done.stderr or "position 17" in done.stderr


def test_what_cannot_be_looked_at_is_a_status_of_its_own(tmp_path: Path) -> None:
    nowhere = Runledger(tmp_path, database_url="postgres://nobody@127.0.0.1:9/nothing")
    done = Operator(nowhere).run("verify")
    assert done.returncode == 2
    assert "cannot connect" in done.stderr


@pytest.mark.timeout(180)
def test_a_dump_goes_on_in_another_cluster(start_on_postgres: StartServer, tmp_path: Path) -> None:
    server = start_on_postgres()
    operator, run_ids, _ = fill(server)
    # After a rebuild, there are two generations to be dumped.
    operator.ok("replay")
    assert server.stop() == 0
    ((head,),) = operator.log("SELECT max(position) FROM events")
    with private_service("postgres.sh") as cluster:
        url = cluster.start()
        dump = tmp_path / "dump.sql"
        run("pg_dump", "--dbname", str(operator.database_url), "--file", str(dump))
        run("psql", "--dbname", url, "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump))
        moved = Runledger(server.folder, database_url=url)
        moved.start()
        try:
            wire, copied = Wire(moved.url), Operator(moved)
            wire.post("runs/set-tag", run_id=run_ids[0], key="moved", value="yes").ok()
            assert copied.log("SELECT max(position) FROM events") == [(head + 1,)]
            assert wire.data(run_ids[0])["tags"]["moved"] == "yes"
            copied.ok(*EVERYTHING)
            assert "is active again" in copied.ok("replay", "--rollback")
            copied.ok("verify")
        finally:
            moved.kill()


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
