"""`kill -9` at random instants under load: what was acknowledged is there, and nothing is there twice."""

import random
import time

import pytest
from conftest import StartServer
from harness.load import Writer
from harness.wire import Wire

KILLS = 30


@pytest.mark.timeout(240)
def test_kill(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    shared, alone = wire.new_run("0"), wire.new_run("0")
    # Two writers meet in one run, so that a batch of the one is in the same commit as one of the other.
    writers = [Writer(server.url, run_id, name) for run_id, name in ((shared, "a"), (shared, "b"), (alone, "c"))]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        # Not waiting for a state but choosing a random instant, which may be in the middle of anything.
        time.sleep(random.uniform(0.05, 0.9))
        server.kill()
        server.start()
    written = [writer.finish() for writer in writers]
    for writer in writers:
        writer.check()
    server.kill()
    server.start()
    for writer in writers:
        writer.check()
    assert all(len(each.steps) > KILLS for each in written), "hardly anything was written between the kills"


def test_stop_under_load(start_server: StartServer) -> None:
    """SIGTERM ends with success, and loses nothing either."""
    server = start_server()
    run_id = Wire(server.url).new_run("0")
    writers = [Writer(server.url, run_id, name) for name in "abc"]
    for writer in writers:
        writer.start()
    for _ in range(3):
        time.sleep(random.uniform(0.2, 0.6))
        assert server.stop() == 0
        server.start()
    for writer in writers:
        writer.finish()
        writer.check()
