"""Many uploads at once, with what was acknowledged and how long each took."""

import hashlib
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import local

import requests

from harness.wire import ARTIFACTS, Wire


@dataclass
class Puts:
    """Uploads into one run. Each has to be acknowledged at the first attempt."""

    url: str
    run_id: str
    # SHA-256 by artifact path.
    acknowledged: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    _threads: local = field(default_factory=local)

    def path(self, name: str) -> str:
        return f"0/{self.run_id}/artifacts/{name}"

    def put(self, name: str, content: bytes) -> str:
        """The path of the artifact."""
        path = self.path(name)
        started = time.monotonic()
        self._wire().request("PUT", f"{ARTIFACTS}/{path}", data=content).ok()
        self.seconds.append(time.monotonic() - started)
        self.acknowledge(path, content)
        return path

    def acknowledge(self, path: str, content: bytes) -> None:
        self.acknowledged[path] = hashlib.sha256(content).hexdigest()

    def put_many(self, names: Iterable[str], size: int, at_once: int = 8) -> None:
        """Random bytes under each name."""
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda name: self.put(name, os.urandom(size)), names))

    def get(self, url: str, path: str) -> requests.Response:
        return self._wire().session.get(f"{url}{ARTIFACTS}/{path}", timeout=30)

    def check_readable(self, url: str, at_once: int = 8) -> None:
        """Every acknowledged artifact comes back as it was sent."""

        def digest(path: str) -> str:
            answer = self.get(url, path)
            assert answer.status_code == 200, (path, answer.text)
            return hashlib.sha256(answer.content).hexdigest()

        with ThreadPoolExecutor(at_once) as pool:
            paths = list(self.acknowledged)
            assert dict(zip(paths, pool.map(digest, paths), strict=True)) == self.acknowledged

    def slowest(self, share: float = 0.95) -> float:
        """The time within which this share of the uploads was acknowledged."""
        return sorted(self.seconds)[int(len(self.seconds) * share)]

    def _wire(self) -> Wire:
        # A connection for each thread: a session is not made to be shared.
        if not hasattr(self._threads, "wire"):
            self._threads.wire = Wire(self.url)
        return self._threads.wire


def puts_into_a_run(url: str) -> Puts:
    return Puts(url, Wire(url).new_run("0"))
