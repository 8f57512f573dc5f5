"""Several projectors share the runs; when one dies, the others take over what was its."""

from conftest import Deploy
from harness.deployment import Services
from harness.roles import Role
from harness.views import check_views
from harness.waiting import wait_until
from harness.wire import Wire

SHARDS = 8
RUNS = 32


def shards(projector: Role) -> int:
    return int(projector.metric("runledger_projector_shards"))


def test_two_projectors_share_the_shards_and_one_takes_over(deploy: Deploy, services: Services) -> None:
    deployment = deploy()
    deployment.start(workers=0)
    (alone,) = deployment.projectors
    wait_until("one projector has all", lambda: shards(alone) == SHARDS, limit=30)
    other = deployment.add("projector")
    wait_until("both have half", lambda: [shards(alone), shards(other)] == [SHARDS // 2] * 2, limit=30)

    wire = Wire(deployment.apis[0].url)
    experiment_id = wire.new_experiment()
    first = new_runs(wire, experiment_id)
    assert found(wire, experiment_id) == first

    alone.kill()
    second = new_runs(wire, experiment_id)
    # Reads by id do not wait for a projector, whoever has the run.
    assert {run_id: wire.data(run_id)["metrics"] for run_id in second} == {run_id: {"m": 1} for run_id in second}
    wait_until("the other has all", lambda: shards(other) == SHARDS, limit=30)
    wait_until("searches show everything", lambda: found(wire, experiment_id) == first | second, limit=30)

    alone.start()
    wait_until("both have half again", lambda: [shards(alone), shards(other)] == [SHARDS // 2] * 2, limit=30)
    third = new_runs(wire, experiment_id)
    assert found(wire, experiment_id) == first | second | third
    wire.post("experiments/delete", experiment_id=experiment_id).ok()
    check_views(services, deployment)


def test_a_projector_that_stops_in_good_order_leaves_at_once(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start(workers=0, projectors=2)
    leaving, staying = deployment.projectors
    wait_until("both have half", lambda: [shards(leaving), shards(staying)] == [SHARDS // 2] * 2, limit=30)
    assert leaving.stop() == 0
    # Well below the ten seconds after which the leases of a dead projector end.
    wait_until("the other has all", lambda: shards(staying) == SHARDS, limit=8)


def new_runs(wire: Wire, experiment_id: str) -> set[str]:
    """Enough runs to have some in each shard."""
    run_ids = {wire.new_run(experiment_id) for _ in range(RUNS)}
    for run_id in run_ids:
        wire.post("runs/log-metric", run_id=run_id, key="m", value=1.0, timestamp=1).ok()
    return run_ids


def found(wire: Wire, experiment_id: str) -> set[str]:
    """The runs that a search by a metric shows."""
    request = {"experiment_ids": [experiment_id], "filter": "metrics.m = 1", "max_results": 1000}
    return {run["info"]["run_id"] for run in wire.post("runs/search", **request).ok().get("runs", [])}
