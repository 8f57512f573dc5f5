"""The object store is away, slow, or breaks its word: uploads are acknowledged and readable, and arrive whole, once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Deploy
from harness.deployment import Deployment, Services
from harness.fault_proxy import (
    Fault,
    FaultProxy,
    error_after_200,
    fault_proxy,
    lost_completion,
    refused,
    reset_in_a_part,
    slow,
    unavailable,
)
from harness.objects import private_store
from harness.puts import Puts, puts_into_a_run
from harness.roles import Role
from harness.waiting import wait_until

UPLOADS = 500
MEBIBYTE = 1 << 20
# Of several parts.
LARGE = 20 * MEBIBYTE

Proxied = tuple[Deployment, FaultProxy]


@pytest.fixture
def proxied(deploy: Deploy) -> Iterator[Proxied]:
    """A deployment whose store is behind a proxy that can fail."""
    deployment = deploy()
    with fault_proxy(deployment.bucket.store.endpoint) as proxy:
        deployment.options["s3_endpoint"] = proxy.url
        deployment.start()
        yield deployment, proxy


@pytest.mark.timeout(240)
def test_uploads_are_taken_while_the_store_is_stopped(services: Services, tmp_path: Path) -> None:
    with private_store() as (service, store), services.deployment(tmp_path, store=store) as deployment:
        deployment.start(apis=2, workers=2)
        first, second = deployment.apis
        usual = puts_into_a_run(first.url)
        usual.put_many((f"{number}.bin" for number in range(100)), size=1000)

        deployment.await_uploads()
        service.kill()
        puts = puts_into_a_run(first.url)
        puts.put_many((f"{number}.bin" for number in range(UPLOADS)), size=1000)
        assert puts.slowest() < max(5 * usual.slowest(), 0.5), "uploads wait for a store that is away"
        puts.check_readable(second.url)
        wait_until("the workers have noticed", lambda: all(worker_retried(worker) for worker in deployment.workers))
        puts.check_readable(first.url)

        service.start()
        # Jobs that have failed three times wait for half a minute.
        deployment.await_uploads(limit=120)
        assert len(deployment.latest_uploads()) == 100 + UPLOADS
        deployment.check_objects(usual.acknowledged | puts.acknowledged)
        puts.check_readable(second.url)
        deployment.await_empty_spool()


def test_the_order_of_uploads_of_one_path_holds_over_a_stop_of_the_store(proxied: Proxied) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    with proxy.failing(refused()):
        for number in range(5):
            puts.put("again.bin", f"number {number}".encode())
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)


def test_a_store_that_takes_ten_kilobytes_a_second(proxied: Proxied) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    with proxy.failing(slow(10_000)):
        puts.put_many((f"{number}.bin" for number in range(4)), size=100_000)
        puts.check_readable(deployment.apis[0].url)
        assert puts.slowest(1 - 1e-9) < 2, "uploads wait for a slow store"
        deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    assert all(not upload.ends["failed"] for upload in deployment.uploads())


@pytest.mark.parametrize("fault", [unavailable, reset_in_a_part, error_after_200, lost_completion])
def test_a_store_that_fails_for_a_while(proxied: Proxied, fault: Callable[[int], Fault]) -> None:
    """More often than a client repeats a request by itself, so that the ladder of retries has to help."""
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    with proxy.failing(fault(6)):
        upload_some(puts)
        deployment.await_uploads(limit=90)
        assert proxy.struck == 6, "the store did not fail"
    deployment.check_objects(puts.acknowledged)
    puts.check_readable(deployment.apis[0].url)
    wait_until("no parts are left", lambda: deployment.multiparts() == [])
    deployment.await_empty_spool()


def test_a_download_from_a_store_that_breaks_off_is_not_taken_for_whole(proxied: Proxied) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    upload_some(puts)
    deployment.await_uploads()
    deployment.await_empty_spool()
    with proxy.failing(unavailable(2)):
        puts.check_readable(deployment.apis[0].url)
        assert proxy.struck == 2


def worker_retried(worker: Role) -> float:
    return worker.metric("runledger_uploads_total", outcome="retried")


def upload_some(puts: Puts) -> None:
    puts.put("large.bin", os.urandom(LARGE))
    puts.put_many((f"{number}.bin" for number in range(4)), size=200_000)
