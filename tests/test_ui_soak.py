"""A page of live charts that stays open while runs log: what it holds does not grow with what it saw.

Twenty seconds in the suite; RUNLEDGER_SOAK_SECONDS makes it longer, such as 1800 before a release.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from conftest import _starter
from harness.browser import visiting
from harness.measured import Held, counted, held
from harness.waiting import wait_until
from harness.wire import Wire
from playwright.sync_api import Browser, expect

SECONDS = float(os.environ.get("RUNLEDGER_SOAK_SECONDS", "20"))
RUNS = 3
METRICS = ["accuracy", "grad_norm", "loss", "tokens"]
# More points than a chart has places, so that from then on a curve changes and does not become longer.
BEFORE = 4_000
PER_BATCH = 25
PAUSE = 0.1
MB = 1 << 20


@dataclass
class Training:
    """Runs that log into every metric until they are told to stop."""

    wire: Wire
    runs: list[str]
    step: int = 0
    failed: list[str] = field(default_factory=list)

    def log(self, steps: int) -> None:
        points = [
            {"key": key, "value": (self.step + step) % 97 / 97, "timestamp": 1 + self.step + step, "step": self.step + step}
            for step in range(steps)
            for key in METRICS
        ]
        for run_id in self.runs:
            for start in range(0, len(points), 1_000):
                self.wire.post("runs/log-batch", run_id=run_id, metrics=points[start : start + 1_000]).ok()
        self.step += steps

    @contextmanager
    def going_on(self) -> Iterator[None]:
        stop = threading.Event()

        def work() -> None:
            try:
                while not stop.wait(PAUSE):
                    self.log(PER_BATCH)
            except AssertionError as error:
                self.failed.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert not self.failed, self.failed


@pytest.fixture
def training(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Training]]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("soak")) as start:
        wire = Wire(start().url)
        experiment_id = wire.new_experiment()
        made = Training(wire, [wire.new_run(experiment_id, run_name=f"run {number}") for number in range(RUNS)])
        made.log(BEFORE)
        yield experiment_id, made


@pytest.mark.timeout(SECONDS * 2 + 120)
def test_a_page_of_live_charts_does_not_grow(browser: Browser, training: tuple[str, Training]) -> None:
    experiment_id, runs = training
    with visiting(browser, runs.wire.url) as visit:
        page = visit.go(f"/experiments/{experiment_id}/charts")
        expect(page.locator("canvas")).to_have_count(len(METRICS))
        seen: list[Held] = []
        with counted(page) as traffic, runs.going_on():

            def redrawn(times: int) -> None:
                before = len(traffic.of("series"))
                # The page's own events are only looked at while something is asked of it, which takes memory itself.
                wait_until("they follow", lambda: page.evaluate("0") == 0 and len(traffic.of("series")) >= before + times, interval=0.3)

            # What is made once, such as compiled code, is made now.
            redrawn(3)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end or len(seen) < 6:
                redrawn(1)
                seen.append(held(page))
        third = max(2, len(seen) // 3)
        first, last = seen[:third], seen[-third:]
        print(first, last)

        def growth(of: str) -> int:
            # An answer that is being drawn is held for a moment; what is never let go of is in the least of many looks.
            return min(getattr(each, of) for each in last) - min(getattr(each, of) for each in first)

        assert growth("nodes") <= 60, seen
        assert growth("listeners") <= 20, seen
        # The browser compiles for about two minutes, which takes 1 MB. The answers that were drawn meanwhile were much more.
        assert growth("heap") <= 2 * MB, seen
        visit.check()
