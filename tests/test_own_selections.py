"""Selections of runs under short ids, on both databases."""

import uuid

import pytest
from harness.own import OWN, ask, tell
from harness.wire import Wire

KEPT = 100
MOST = 200


@pytest.fixture
def wire(our_server: str) -> Wire:
    return Wire(our_server)


def test_a_selection_keeps_its_runs_and_their_order(wire: Wire) -> None:
    experiment_id, other_id = wire.new_experiment(), wire.new_experiment()
    runs = [wire.new_run(each) for each in (experiment_id, other_id, experiment_id)]
    kept = tell(wire, "selections", run_ids=runs).ok()
    assert kept["run_ids"] == runs
    assert kept["selection_id"].startswith(f"{experiment_id}-")
    assert len(kept["selection_id"]) < 40
    assert ask(wire, f"selections/{kept['selection_id']}") == kept
    assert tell(wire, "selections", run_ids=runs).ok() == kept, "the same runs are the same selection"
    assert tell(wire, "selections", run_ids=[runs[2], *runs[:2]]).ok()["selection_id"] != kept["selection_id"]
    # Lists of experiments are not longer for it.
    assert not [key for key in ask(wire, f"experiments/{experiment_id}")["tags"] if "selection" in key]
    wire.post("runs/delete", run_id=runs[0]).ok()
    assert ask(wire, f"selections/{kept['selection_id']}") == kept


def test_what_is_no_selection_is_refused(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    assert "1 to 200 runs, not 0" in tell(wire, "selections", run_ids=[]).invalid()
    many = [run_id, *(uuid.uuid4().hex for _ in range(MOST - 1))]
    assert len(ask(wire, f"selections/{tell(wire, 'selections', run_ids=many).ok()['selection_id']}")["run_ids"]) == MOST
    long = [run_id, *(f"{number:0100}" for number in range(99))]
    assert "Select fewer" in tell(wire, "selections", run_ids=long).invalid()
    assert "not 201" in tell(wire, "selections", run_ids=[*many, run_id]).invalid()
    tell(wire, "selections", run_ids=["no-such-run"]).missing()
    tell(wire, "selections", run_ids=[run_id, "a b"]).invalid()
    for name in ("none", f"{experiment_id}-", f"{experiment_id}-00ff", "999999-00ff"):
        wire.request("GET", f"{OWN}/selections/{name}").missing()


def test_an_experiment_keeps_the_latest(wire: Wire) -> None:
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id)
    kept = [tell(wire, "selections", run_ids=[run_id, f"run{number}"]).ok()["selection_id"] for number in range(KEPT + 1)]
    message = wire.request("GET", f"{OWN}/selections/{kept[0]}").missing()
    assert "keeps its latest 100" in message
    assert all(ask(wire, f"selections/{each}") for each in kept[-3:])
    tags = wire.get("experiments/get", experiment_id=experiment_id).ok()["experiment"]["tags"]
    assert len([tag for tag in tags if tag["key"].startswith("runledger.selection.")]) == KEPT
