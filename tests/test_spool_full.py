"""The disk under the spool is full, or the quota used up: clients are told at once, and it passes by itself."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Deploy
from harness.deployment import Deployment
from harness.puts import Puts, puts_into_a_run
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Answer, Wire

MEBIBYTE = 1 << 20
DISK = 24 * MEBIBYTE


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    assert os.geteuid() == 0, "mounting a small disk takes root: run the tests as root, as CI does"
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "runledger-test", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# By default the quota stops uploads before the disk is full; a quota that is too large leaves it to the disk.
@pytest.mark.parametrize("quota", [0, 1 << 40])
def test_a_full_disk_is_told_at_once_and_passes(deploy: Deploy, small_disk: Path, quota: int) -> None:
    deployment = deploy(spool=str(small_disk), spool_quota=str(quota))
    check_that_it_fills_and_recovers(deployment)


def test_a_full_quota_is_told_at_once_and_passes(deploy: Deploy) -> None:
    deployment = deploy(spool_quota=str(DISK))
    check_that_it_fills_and_recovers(deployment)


def check_that_it_fills_and_recovers(deployment: Deployment) -> None:
    deployment.start(workers=0)
    api = deployment.apis[0]
    wire, puts = Wire(api.url), puts_into_a_run(api.url)
    refusal = fill(puts)
    assert refusal.status in (429, 507), refusal
    assert refusal.body["message"], "a refusal has to say what to do"
    assert int(refusal.headers["retry-after"]) > 0
    assert puts.acknowledged, "nothing fits into the spool"

    # Whatever needs no disk goes on: reads of what waits, and everything that is no upload.
    puts.check_readable(api.url)
    wire.post("runs/log-metric", run_id=puts.run_id, key="m", value=1.0, timestamp=1).ok()
    # An upload in pieces of unknown length is refused on the way, and takes no space afterwards.
    answer, elapsed = timed_put(wire, puts.path("endless.bin"), (b"x" * MEBIBYTE for _ in range(64)))
    assert answer.status in (429, 507), answer
    assert elapsed < 1

    deployment.add("ingest-worker")
    wait_until("there is room again", lambda: fits(puts, "after.bin"), limit=30)
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    puts.check_readable(api.url)
    assert api.readiness()[0] == 200


def fill(puts: Puts) -> Answer:
    """Uploads until one is refused, within a second."""
    wire = Wire(puts.url)
    for number in range(2 * DISK // MEBIBYTE):
        path, content = puts.path(f"{number}.bin"), os.urandom(MEBIBYTE)
        answer, elapsed = timed_put(wire, path, content)
        if answer.status != 200:
            assert elapsed < 1, f"the refusal took {elapsed:.1f} s"
            return answer
        puts.acknowledge(path, content)
    raise AssertionError("twice as much as there is room for was taken")


def fits(puts: Puts, name: str) -> bool:
    content = os.urandom(MEBIBYTE)
    answer, _ = timed_put(Wire(puts.url), puts.path(name), content)
    if answer.status == 200:
        puts.acknowledge(puts.path(name), content)
    return answer.status == 200


def timed_put(wire: Wire, path: str, content: bytes | Iterator[bytes]) -> tuple[Answer, float]:
    started = time.monotonic()
    answer = wire.request("PUT", f"{ARTIFACTS}/{path}", data=content)
    return answer, time.monotonic() - started
