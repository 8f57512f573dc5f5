"""`kill -9` of every role under load: what was acknowledged is stored, once, and nothing is left behind."""

import os
import time
from pathlib import Path

import pytest
from conftest import Deploy
from harness.deployment import Deployment, Services
from harness.killer import Killer
from harness.load import Writer
from harness.views import check_views
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

KILLS = 20
# Goes to the store in parts.
LARGE = 24 << 20


@pytest.mark.timeout(300)
def test_every_role_is_killed_under_load(deploy: Deploy, services: Services) -> None:
    deployment = deploy()
    deployment.start(apis=2, workers=2, projectors=2)
    wire = Wire(deployment.apis[0].url)
    shared, alone = wire.new_run("0"), wire.new_run("0")
    # Two writers meet in one run, through different processes.
    writers = [
        Writer(deployment.apis[number % 2].url, run_id, name, large=LARGE)
        for number, (run_id, name) in enumerate([(shared, "a"), (shared, "b"), (alone, "c"), (alone, "d")])
    ]
    for writer in writers:
        writer.start()
    killers = [Killer(roles, KILLS) for roles in (deployment.apis, deployment.workers, deployment.projectors)]
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.finish()
    written = [writer.finish() for writer in writers]
    assert all(len(each.steps) > KILLS for each in written), "hardly anything was written between the kills"

    deployment.await_uploads(limit=120)
    artifacts = {path.removeprefix(f"{ARTIFACTS}/"): sha for each in written for path, sha in each.artifacts.items()}
    assert any(deployment.bucket.parts(deployment.key(path)) > 1 for path in artifacts), "nothing went in parts"
    deployment.check_objects(artifacts)
    for writer in writers:
        writer.check()
    check_views(services, deployment)
    check_that_nothing_is_left(deployment)


def check_that_nothing_is_left(deployment: Deployment) -> None:
    """A janitor that has less patience than usual finds all that the kills have left behind."""
    for worker in deployment.workers:
        worker.kill()
    # An upload whose client is still sending is told from one whose process died by its age.
    for half in deployment.spool.glob("*.part"):
        make_old(half)
    deployment.add("ingest-worker", orphan_age="2")
    wait_until("no parts are left", lambda: deployment.multiparts() == [], limit=60)
    deployment.await_empty_spool(limit=60)


def make_old(file: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(file, (an_hour_ago, an_hour_ago))
