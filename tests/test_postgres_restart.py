"""PostgreSQL crashes and comes back under two APIs: clients that repeat what was not acknowledged lose nothing."""

import random
import time
from pathlib import Path

import pytest
from harness.deployment import Services
from harness.load import Writer
from harness.postgres import Postgres
from harness.service import private_service
from harness.views import check_views
from harness.wire import ARTIFACTS, Wire

CRASHES = 5


@pytest.mark.timeout(240)
def test_postgres_crashes_under_load(services: Services, tmp_path: Path) -> None:
    with (
        private_service("postgres.sh") as service,
        services.deployment(tmp_path, postgres=Postgres(service.start())) as deployment,
    ):
        deployment.start(apis=2, workers=2, projectors=2)
        wire = Wire(deployment.apis[0].url)
        shared, alone = wire.new_run("0"), wire.new_run("0")
        writers = [
            Writer(deployment.apis[number].url, run_id, name)
            for number, run_id, name in ((0, shared, "a"), (1, shared, "b"), (1, alone, "c"))
        ]
        for writer in writers:
            writer.start()
        for _ in range(CRASHES):
            # Not waiting for a state but choosing a random instant.
            time.sleep(random.uniform(0.2, 1.5))
            service.kill()
            service.start()
        written = [writer.finish() for writer in writers]
        assert all(role.is_running() for role in deployment.roles), deployment.log_tails()
        for writer in writers:
            writer.check()
        deployment.await_uploads()
        stored = {path.removeprefix(f"{ARTIFACTS}/"): sha for each in written for path, sha in each.artifacts.items()}
        deployment.check_objects(stored)
        check_views(services, deployment)
