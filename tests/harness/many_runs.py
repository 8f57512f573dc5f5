"""Very many runs and points in little time, for what has to stay fast with them.

Runs: a few are made through the API, and their events are copied in the log of SQLite. The events of a copy differ from those of
its original in the id and the name of the run, so they are what a client would have caused, and the projector makes of them what
it makes of any. Through the API, 100 000 runs take minutes.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.runledger import Runledger
from harness.waiting import wait_until
from harness.wire import API, Wire

RUNS = 100_000
POINTS = 1_000_000
CHARTS = 12
LINES = 10
# Stands in the name of a template where each run gets a number of its own.
NUMBER = "#####"
TEMPLATES = 100
BATCH = 1000

COPY_EVENTS = """
    INSERT INTO events
    SELECT :base + row_number() OVER (ORDER BY copy, position), lower(hex(randomblob(16))),
        replace(stream_id, templates.run_id, new_id), stream_kind, kind, schema_version,
        replace(replace(payload, templates.run_id, new_id), :number, new_number),
        points, bytes, actor, request_id, recorded_at, trace
    FROM copies JOIN templates USING (template) JOIN events ON stream_id = 'run/' || templates.run_id
"""
COPY_GUARDS = """
    INSERT INTO guards
    SELECT replace(key, templates.run_id, new_id), parent, version, deleted, changed_at
    FROM copies JOIN templates USING (template) JOIN guards ON key = 'run/' || templates.run_id
"""


@dataclass
class Crowd:
    """A server with an experiment of 100 000 runs, one of ten runs with twelve metrics, and a run with a million points."""

    server: Runledger
    wire: Wire
    many_id: str
    few_id: str
    long_run_id: str


@contextmanager
def running_crowd(folder: Path) -> Iterator[Crowd]:
    server = Runledger(folder)
    server.start()
    try:
        wire = Wire(server.url)
        few_id, long_run_id = make_charts(wire), make_long_run(wire)
        many_id = wire.new_experiment(name="many")
        templates = [make_template(wire, many_id, number) for number in range(TEMPLATES)]
        server.stop()
        copy_runs(folder / "data" / "log.db", templates, RUNS)
        server.start()
        crowd = Crowd(server, Wire(server.url), many_id, few_id, long_run_id)
        wait_until("every run is in the views", lambda: lag(crowd.wire) == 0, limit=140, interval=0.5)
        yield crowd
    finally:
        server.kill()


def lag(wire: Wire) -> int:
    status = wire.request("GET", "/api/runledger/v1/ops/status").ok()
    return max(projection["lag_events"] for projection in status["projections"])


def make_template(wire: Wire, experiment_id: str, number: int) -> str:
    dice = random.Random(number)
    start = int(time.time() * 1000) - dice.randrange(10**9)
    tags = [{"key": "team", "value": dice.choice("abc")}]
    run_id = wire.new_run(experiment_id, run_name=f"sweep-{NUMBER}", start_time=start, user_id="ann", tags=tags)
    metrics = [point(key, dice.random(), step) for key in ("loss", "acc") for step in range(3)]
    params = {"lr": f"{dice.random():.4f}", "optimizer": dice.choice(["adam", "sgd", "lion"]), "template": str(number)}
    listed = [{"key": key, "value": value} for key, value in params.items()]
    wire.post("runs/log-batch", run_id=run_id, metrics=metrics, params=listed).ok()
    wire.post("runs/update", run_id=run_id, status=dice.choice(["FINISHED", "FAILED"]), end_time=start + 60_000).ok()
    return run_id


def point(key: str, value: float, step: int) -> dict[str, float | int | str]:
    return {"key": key, "value": value, "timestamp": 1_700_000_000_000 + step, "step": step}


def make_charts(wire: Wire) -> str:
    """Ten runs with 200 points of each of twelve metrics."""
    experiment_id = wire.new_experiment(name="charts")
    for line in range(LINES):
        run_id = wire.new_run(experiment_id, run_name=f"line {line}", start_time=1_700_000_000_000 + line)
        for first in range(0, CHARTS, 4):
            keys = [f"metric {chart:02}" for chart in range(first, first + 4)]
            points = [point(key, (line + 1) / (step + 1), step) for key in keys for step in range(200)]
            wire.post("runs/log-batch", run_id=run_id, metrics=points).ok()
    return experiment_id


def make_long_run(wire: Wire) -> str:
    """A run with a million points of one metric, among them one that stands out."""
    run_id = wire.new_run(wire.new_experiment(name="long"), run_name="long")

    def send(first: int) -> None:
        points = ",".join(
            f'{{"key":"loss","value":{9 if step == 345_678 else 1 / (step + 1)},"timestamp":{step},"step":{step}}}'
            for step in range(first, first + BATCH)
        )
        body = f'{{"run_id":"{run_id}","metrics":[{points}]}}'
        headers = {"Content-Type": "application/json"}
        wire.request("POST", f"{API}/runs/log-batch", data=body.encode(), headers=headers).ok()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(0, POINTS, BATCH)))
    return run_id


def copy_runs(log: Path, run_ids: list[str], count: int) -> None:
    """Adds copies of the runs until there are `count` of them in all. Nobody else may have the log open."""
    database = sqlite3.connect(log, isolation_level=None)
    try:
        database.execute("BEGIN")
        database.execute("CREATE TEMP TABLE templates (template INTEGER PRIMARY KEY, run_id TEXT)")
        database.executemany("INSERT INTO templates VALUES (?, ?)", enumerate(run_ids))
        database.execute("CREATE TEMP TABLE copies (copy INTEGER PRIMARY KEY, template INTEGER, new_id TEXT, new_number TEXT)")
        numbers = range(len(run_ids), count)
        copies = ((number, number % len(run_ids), f"{number:032x}", f"{number:05}") for number in numbers)
        database.executemany("INSERT INTO copies VALUES (?, ?, ?, ?)", copies)
        (base,) = database.execute("SELECT max(position) FROM events").fetchone()
        database.execute(COPY_EVENTS, {"base": base, "number": NUMBER})
        database.execute(COPY_GUARDS)
        database.execute("COMMIT")
    finally:
        database.close()
