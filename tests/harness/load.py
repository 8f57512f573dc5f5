"""Clients that write through a server's deaths, retry as the stock client does, and remember what was acknowledged."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from harness.wire import API, ARTIFACTS, Wire

# The stock client repeats a request after these and after connection errors. It waits longer between attempts; here
# the server is back within a second.
RETRIED = {408, 429, 500, 502, 503, 504}
PAUSE = 0.05


@dataclass
class Acknowledged:
    """What the server has said 200 to."""

    steps: list[int] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)


class Writer(threading.Thread):
    """Logs batches of points, params and artifacts into a run until told to finish.

    With `large`, every tenth artifact has that many bytes.
    """

    def __init__(self, url: str, run_id: str, name: str, points_per_batch: int = 50, large: int = 0) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged = Acknowledged()
        self.failure: Exception | None = None
        self._wire = Wire(url, timeout=10)
        self._run_id = run_id
        self._points = points_per_batch
        self._large = large
        self._finish = threading.Event()

    def run(self) -> None:
        try:
            batch = 0
            while not self._finish.is_set():
                self._log_batch(batch)
                if batch % 5 == 0:
                    self._put_artifact(batch)
                batch += 1
        except Exception as error:
            self.failure = error

    def finish(self, limit: float = 30.0) -> Acknowledged:
        """Ends after the request in flight is acknowledged."""
        self._finish.set()
        self.join(timeout=limit)
        assert not self.is_alive(), f"{self.name} still waits for an acknowledgement after {limit} s"
        if self.failure is not None:
            raise self.failure
        return self.acknowledged

    def check(self) -> None:
        """Everything acknowledged is there: points exactly once, params and artifacts as sent."""
        wire, run_id, expected = self._wire, self._run_id, self.acknowledged
        history = wire.history(run_id, self.name)
        assert [step for step, _, _ in history] == sorted(expected.steps)
        assert all(value == step / 4 and timestamp == step for step, timestamp, value in history)
        stored = wire.data(run_id)["params"]
        assert {key: stored.get(key) for key in expected.params} == expected.params
        for path, digest in expected.artifacts.items():
            content = wire.session.get(wire.url + path, timeout=10)
            assert content.status_code == 200, (path, content.text)
            assert hashlib.sha256(content.content).hexdigest() == digest, path

    def _log_batch(self, batch: int) -> None:
        steps = range(batch * self._points, (batch + 1) * self._points)
        metrics = [{"key": self.name, "value": step / 4, "timestamp": step, "step": step} for step in steps]
        param = (f"{self.name} {batch}", str(batch))
        params = [{"key": param[0], "value": param[1]}]
        body = {"run_id": self._run_id, "metrics": metrics, "params": params}
        self._until_acknowledged("POST", f"{API}/runs/log-batch", json=body)
        self.acknowledged.steps += steps
        self.acknowledged.params[param[0]] = param[1]

    def _put_artifact(self, batch: int) -> None:
        word = f"{self.name} {batch} ".encode()
        is_large = self._large and batch % 50 == 0
        content = word * (1 + (self._large // len(word) if is_large else batch % 7 * 1500))
        path = f"{ARTIFACTS}/0/{self._run_id}/artifacts/{self.name}/{batch}.bin"
        self._until_acknowledged("PUT", path, data=content)
        self.acknowledged.artifacts[path] = hashlib.sha256(content).hexdigest()

    def _until_acknowledged(self, method: str, path: str, **options: Any) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                status, body = self._attempt(method, path, **options)
            except requests.RequestException as error:
                status, body = 503, str(error)
            if status == 200:
                return
            assert status in RETRIED, f"{method} {path}: {status} {body}"
            assert time.monotonic() < deadline, f"{method} {path}: no acknowledgement within 30 s, last {status} {body}"
            time.sleep(PAUSE)

    def _attempt(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        answer = self._wire.request(method, path, **options)
        return answer.status, answer.body
