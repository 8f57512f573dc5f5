"""Kills processes at random instants, and starts them again."""

import random
import threading
import time
from collections.abc import Sequence
from typing import Protocol


class Mortal(Protocol):
    def kill(self) -> None: ...

    def start(self) -> object: ...


class Killer(threading.Thread):
    """Kills one after the other of a few processes, so many times in all, and leaves them running."""

    def __init__(self, processes: Sequence[Mortal], kills: int, longest_pause: float = 0.9) -> None:
        super().__init__(daemon=True)
        self._processes = processes
        self._kills = kills
        self._longest_pause = longest_pause
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(self._kills):
                # Not waiting for a state but choosing a random instant, which may be in the middle of anything.
                time.sleep(random.uniform(0.05, self._longest_pause))
                process = self._processes[number % len(self._processes)]
                process.kill()
                process.start()
        except BaseException as error:
            self._failure = error

    def finish(self, limit: float = 120.0) -> None:
        self.join(timeout=limit)
        assert not self.is_alive(), f"the killing is not over after {limit} s"
        if self._failure is not None:
            raise self._failure
