"""The broker dies, loses a queue, or is not there at all: nobody waits for it, and every upload completes."""

import itertools
import random
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import Deploy
from harness.broker import MAIN, Broker, private_broker
from harness.deployment import Deployment
from harness.puts import Puts, puts_into_a_run
from harness.service import Service
from harness.waiting import wait_until

KILLS = 6


@pytest.fixture(scope="module")
def mortal() -> Iterator[tuple[Service, Broker]]:
    """A broker that the tests of this module may kill; it runs again after each."""
    with private_broker() as broker:
        yield broker


class Uploading:
    """Uploads one small artifact after the other for the length of the block."""

    def __init__(self, puts: Puts) -> None:
        self.puts = puts
        self._end = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Puts:
        self._thread.start()
        return self.puts

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=30)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            for number in itertools.count():
                if self._end.wait(0.02):
                    break
                self.puts.put(f"{number}.bin", f"number {number}".encode())
        except BaseException as error:
            self._failure = error


@pytest.mark.timeout(300)
def test_the_broker_is_killed_again_and_again(deploy: Deploy, mortal: tuple[Service, Broker]) -> None:
    service, broker = mortal
    deployment = deploy(broker=broker)
    deployment.start(apis=2, workers=2)
    first, second = deployment.apis
    usual = puts_into_a_run(first.url)
    with Uploading(usual):
        wait_until("enough uploads to compare with", lambda: len(usual.seconds) >= 100, limit=30)
    with Uploading(puts_into_a_run(first.url)) as puts, Uploading(puts_into_a_run(second.url)) as others:
        for _ in range(KILLS):
            # Not waiting for a state but choosing a random instant.
            time.sleep(random.uniform(0.1, 1.0))
            service.kill()
            service.start()
    limit = max(5 * usual.slowest(), 0.5)
    assert max(puts.slowest(), others.slowest()) < limit < 5, "uploads wait for a broker that is away"
    deployment.await_uploads(limit=90)
    expected = usual.acknowledged | puts.acknowledged | others.acknowledged
    assert len(expected) > KILLS * 20
    deployment.check_objects(expected)
    deployment.await_empty_spool()
    assert all(role.metric("runledger_queue_reconnects_total") > 0 for role in deployment.apis + deployment.workers)


def test_neither_api_nor_worker_needs_a_broker_to_start(deploy: Deploy, mortal: tuple[Service, Broker]) -> None:
    service, broker = mortal
    deployment = deploy(broker=broker)
    service.kill()
    deployment.start()
    (api,), (worker,) = deployment.apis, deployment.workers
    puts = puts_into_a_run(api.url)
    puts.put_many((f"{number}.bin" for number in range(50)), size=1000)
    puts.check_readable(api.url)
    assert puts.slowest() < 1
    wait_until("the API is degraded", lambda: api.readiness()[1]["status"] == "degraded", limit=20)
    assert api.readiness()[0] == 200
    wait_until("the worker is not ready", lambda: worker.readiness()[0] == 503, limit=20)
    service.start()
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    for role in (api, worker):
        wait_until(f"{role.role} is ready", lambda role=role: role.readiness()[1]["status"] == "ready", limit=20)


def test_a_queue_that_is_deleted_is_made_again_and_filled(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start()
    puts = puts_into_a_run(deployment.apis[0].url)
    with Uploading(puts):
        for queue in sorted(await_queues(deployment)):
            deployment.vhost.delete_queue(queue)
            wait_until(f"{queue} is there again", lambda queue=queue: queue in deployment.vhost.queues(), limit=30)
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    deployment.await_empty_spool()


def test_jobs_that_are_lost_with_their_queue_are_published_again(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start(workers=0)
    puts = puts_into_a_run(deployment.apis[0].url)
    puts.put_many((f"{number}.bin" for number in range(50)), size=1000)
    wait_until("the jobs are published", lambda: len(queued(deployment)) == 50)
    deployment.vhost.delete_queue(MAIN)
    deployment.add("ingest-worker")
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)


def test_a_deleted_virtual_host_is_only_a_broker_that_is_away(deploy: Deploy, mortal: tuple[Service, Broker]) -> None:
    _, broker = mortal
    deployment = deploy(broker=broker)
    deployment.start()
    puts = puts_into_a_run(deployment.apis[0].url)
    broker.call("DELETE", f"vhosts/{deployment.vhost.name}")
    puts.put_many((f"{number}.bin" for number in range(20)), size=1000)
    puts.check_readable(deployment.apis[0].url)
    broker.make_vhost(deployment.vhost.name)
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)


def queued(deployment: Deployment) -> set[str]:
    """The uploads whose jobs are in the queue; a job may be there twice."""
    if MAIN not in deployment.vhost.queues():
        return set()
    return {message.job()["task"]["upload_id"] for message in deployment.vhost.look(MAIN, limit=1000)}


def await_queues(deployment: Deployment) -> set[str]:
    wait_until("the queues are there", lambda: MAIN in deployment.vhost.queues())
    return deployment.vhost.queues()
