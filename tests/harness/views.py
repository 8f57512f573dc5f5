"""The views of a deployment, compared with those that an undisturbed projector makes of the same log."""

from typing import Any

import psycopg

from harness.deployment import Deployment, Services
from harness.waiting import wait_until
from harness.wire import Wire

TABLES = {
    "experiments": "SELECT * FROM experiments ORDER BY experiment_id",
    "runs": "SELECT * FROM runs ORDER BY run_no",
    "params": "SELECT * FROM params ORDER BY run_no, key",
    "tags": "SELECT * FROM tags ORDER BY run_no, key",
    "metrics": "SELECT * FROM metrics ORDER BY run_no, key",
    # How points are cut into segments depends on when they came, and so does how many repeats are merged by now.
    "histories": "SELECT DISTINCT run_no, key FROM metric_segments ORDER BY run_no, key",
    "artifacts": "SELECT * FROM artifacts ORDER BY path",
    "dead letters": "SELECT * FROM dead_letters",
}


def await_views(deployment: Deployment, limit: float = 60.0) -> None:
    """Waits until the views hold everything that is in the log now."""
    head = deployment.head()
    positions = "SELECT min(position) FROM projections"
    wait_until(f"the views are at {head}", lambda: (deployment.query(positions)[0][0] or 0) >= head, limit=limit)


def check_views(services: Services, deployment: Deployment) -> None:
    """Projects the log once more, elsewhere, and compares. Nothing may be written meanwhile."""
    await_views(deployment)
    with services.deployment(deployment.folder / "again") as again:
        copy_events(deployment.database_url, again.database_url)
        again.add("projector")
        await_views(again)
        for name, statement in TABLES.items():
            assert rows(deployment, statement) == rows(again, statement), f"{name} differ"
        assert rows(again, TABLES["dead letters"]) == []
        check_histories(deployment, again)


def check_histories(deployment: Deployment, again: Deployment) -> None:
    """Every metric reads the same from both."""
    seen, expected = Wire(deployment.apis[0].url), Wire(again.add("api").url)
    keys = "SELECT DISTINCT r.run_id, s.key FROM metric_segments s JOIN runs r ON r.run_no = s.run_no"
    for run_id, key in deployment.query(keys):
        assert seen.history(run_id, key) == expected.history(run_id, key), f"{run_id}: {key} differs"


def rows(deployment: Deployment, statement: str) -> list[Any]:
    return deployment.query(statement)


def copy_events(source: str, target: str) -> None:
    with psycopg.connect(source) as read, psycopg.connect(target) as write:
        with (
            read.cursor().copy("COPY (SELECT * FROM events ORDER BY position) TO STDOUT") as out,
            write.cursor().copy("COPY events FROM STDIN") as into,
        ):
            for data in out:
                into.write(data)
        write.commit()
