"""Requests to our own API, which the web UI is built on."""

from typing import Any

from harness.wire import Answer, Wire

OWN = "/api/runledger/v1"


def ask(wire: Wire, path: str, **arguments: Any) -> Any:
    return wire.request("GET", f"{OWN}/{path}", params=arguments).ok()


def tell(wire: Wire, path: str, **fields: Any) -> Answer:
    return wire.request("POST", f"{OWN}/{path}", json=fields)


def point(key: str, value: float | str, step: int = 0) -> dict[str, Any]:
    return {"key": key, "value": value, "timestamp": 1, "step": step}


def logged_run(wire: Wire, experiment_id: str, name: str, **metrics: float | str) -> str:
    """A run with these last values, and its name as a param."""
    run_id = wire.new_run(experiment_id, run_name=name, start_time=1000)
    points = [point(key, value) for key, value in metrics.items()]
    params = [{"key": "lr", "value": name}]
    wire.post("runs/log-batch", run_id=run_id, metrics=points, params=params).ok()
    return run_id
