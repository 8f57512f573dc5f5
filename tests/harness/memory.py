"""Resident memory, watched while something goes on."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.process import ServerProcess


@contextmanager
def peak_memory(*processes: ServerProcess) -> Iterator[list[int]]:
    """The greatest resident memory of each process seen during the block, in bytes."""
    peaks, end = [0] * len(processes), threading.Event()
    watcher = threading.Thread(target=watch, args=(processes, peaks, end), daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        end.set()
        watcher.join()


def watch(processes: Sequence[ServerProcess], peaks: list[int], end: threading.Event) -> None:
    while not end.wait(0.05):
        for number, process in enumerate(processes):
            peaks[number] = max(peaks[number], process.rss())
