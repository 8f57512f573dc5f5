"""Messages that are no jobs, jobs that fail for good, and the commands with which an operator sees to them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Deploy
from harness.browser import visiting
from harness.broker import DEAD, MAIN
from harness.deployment import Deployment
from harness.fault_proxy import FaultProxy, fault_proxy, refused
from harness.puts import Puts, puts_into_a_run
from harness.waiting import wait_until
from harness.wire import Wire
from playwright.sync_api import Browser, expect

LAST_ATTEMPT = 6


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    made = deploy()
    made.start()
    return made


@pytest.fixture
def proxied(deploy: Deploy) -> Iterator[tuple[Deployment, FaultProxy]]:
    made = deploy()
    with fault_proxy(made.bucket.store.endpoint) as proxy:
        made.options["s3_endpoint"] = proxy.url
        made.start(workers=0)
        yield made, proxy


def test_poison_goes_to_the_dead_letters_with_a_reason_and_others_flow(deployment: Deployment) -> None:
    wait_until("the queues are there", lambda: {MAIN, DEAD} <= deployment.vhost.queues())
    poison = {
        b"\xff\xfe\x00": "not JSON",
        b"": "not JSON",
        b"[]": "no version",
        b'{"version": 9, "task": {"kind": "store", "upload_id": "u9"}}': "version 9",
        b'{"version": 1, "position": 1, "task": {"kind": "remove"}}': "path",
        b'{"version": 1, "path": "a", "position": 1, "task": {"kind": "dance"}}': "dance",
        b"{" * 100_000: "not JSON",
    }
    for body in poison:
        deployment.vhost.publish(MAIN, body)
    puts = puts_into_a_run(deployment.apis[0].url)
    puts.put_many((f"{number}.bin" for number in range(20)), size=1000)
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    dead = wait_until("all are dead letters", lambda: dead_letters(deployment, len(poison)))
    for message in dead:
        reason = message.headers["x-reason"]
        assert poison[message.body] in reason, (message.body[:100], reason)
    (worker,) = deployment.workers
    assert worker.metric("runledger_queue_poison_total") == len(poison)
    wait_until("the gauge shows them", lambda: worker.metric("runledger_queue_messages", queue="dead") == len(poison))
    shown = deployment.ok("uploads", "list")
    assert "version 9" in shown
    assert "not JSON" in shown


@pytest.mark.parametrize("by", ["command", "page"])
def test_a_retry_brings_an_upload_through_whose_message_was_poisoned(
    proxied: tuple[Deployment, FaultProxy], by: str
) -> None:
    deployment, _ = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    path = puts.put("poisoned.bin", b"content")
    job = take_job(deployment)
    upload_id = job["task"]["upload_id"]
    deployment.vhost.publish(MAIN, json.dumps(job | {"version": 2}).encode())
    deployment.add("ingest-worker")
    wait_until("the job is a dead letter", lambda: dead_letters(deployment, 1))
    assert deployment.unsettled() == [path]
    puts.check_readable(deployment.apis[0].url)
    assert upload_id in deployment.ok("uploads", "list")

    if by == "command":
        deployment.ok("uploads", "retry", upload_id)
    else:
        Wire(deployment.apis[0].url).request("POST", f"/api/runledger/v1/ops/uploads/{upload_id}/retry").ok()
    deployment.await_uploads()
    deployment.check_objects(puts.acknowledged)
    assert deployment.vhost.look(DEAD) == []


def test_an_upload_that_fails_for_good_is_readable_and_can_be_retried(proxied: tuple[Deployment, FaultProxy]) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    path = puts.put("failing.bin", b"content")
    upload_id = fail_for_good(deployment, proxy, puts, path)

    assert any(upload_id in message.body.decode() for message in deployment.vhost.look(DEAD))
    shown = deployment.ok("uploads", "show", upload_id)
    assert path in shown
    assert "ArtifactUploadFailed" in shown or "failed" in shown
    assert upload_id in deployment.ok("uploads", "list", "--state", "failed")
    assert upload_id not in deployment.ok("uploads", "list", "--state", "staged")
    puts.check_readable(deployment.apis[0].url)

    deployment.ok("uploads", "retry", "--all")
    wait_until("it is stored", lambda: deployment.latest_uploads()[path].ends["stored"] == 1, limit=30)
    assert deployment.bucket.sha256(deployment.key(path)) == puts.acknowledged[path]
    assert upload_id not in deployment.ok("uploads", "list")
    deployment.await_empty_spool()


def test_an_upload_that_fails_for_good_is_retried_on_its_page(browser: Browser, proxied: tuple[Deployment, FaultProxy]) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    path = puts.put("failing.txt", b"content")
    fail_for_good(deployment, proxy, puts, path)
    with visiting(browser, deployment.apis[0].url, axe=True) as visit:
        page = visit.go("/ops/uploads")
        expect(page.get_by_role("row", name=re.compile("failing.txt"))).to_be_visible()
        page = visit.go(f"/runs/{puts.run_id}/artifacts/failing.txt")
        file = page.get_by_role("article")
        expect(file).to_contain_text("Storing failed")
        expect(file).to_contain_text("content")
        visit.check_accessible()
        file.get_by_role("button", name="Retry").click()
        expect(file).to_contain_text("Stored", timeout=30_000)
        visit.check()


def test_an_upload_that_is_discarded_is_gone(proxied: tuple[Deployment, FaultProxy]) -> None:
    deployment, proxy = proxied
    puts = puts_into_a_run(deployment.apis[0].url)
    path = puts.put("unwanted.bin", b"content")
    upload_id = fail_for_good(deployment, proxy, puts, path)
    deployment.ok("uploads", "discard", upload_id)
    api = deployment.apis[0]
    answer = puts.get(api.url, path)
    assert answer.status_code == 404
    assert upload_id not in deployment.ok("uploads", "list")
    deployment.await_empty_spool()


@pytest.mark.parametrize("command", ["show", "retry", "discard"])
def test_an_upload_that_nobody_knows(deployment: Deployment, command: str) -> None:
    done = deployment.run("uploads", command, "no-such-upload")
    assert done.returncode == 1
    assert "no-such-upload" in done.stdout + done.stderr


def fail_for_good(deployment: Deployment, proxy: FaultProxy, puts: Puts, path: str) -> str:
    """Has the only upload there is fail at its last attempt, which the ladder would reach after 36 minutes."""
    job = take_job(deployment)
    proxy.fail(refused())
    deployment.vhost.publish(MAIN, json.dumps(job).encode(), **{"x-attempt": LAST_ATTEMPT})
    deployment.add("ingest-worker")
    wait_until("it has failed", lambda: deployment.latest_uploads()[path].ends["failed"] == 1, limit=60)
    puts.check_readable(deployment.apis[0].url)
    proxy.heal()
    wait_until("the job is a dead letter", lambda: dead_letters(deployment, 1))
    return job["task"]["upload_id"]


def take_job(deployment: Deployment) -> Any:
    """The only job, taken out of the queue. It may have been published twice, when the queues were new."""
    wait_until("the job is published", lambda: MAIN in deployment.vhost.queues() and deployment.vhost.look(MAIN))
    jobs = [message.job() for message in deployment.vhost.take(MAIN)]
    assert len({job["task"]["upload_id"] for job in jobs}) == 1
    return jobs[0]


def dead_letters(deployment: Deployment, number: int) -> list[Any]:
    """The dead letters, once there are as many."""
    found = deployment.vhost.look(DEAD)
    return found if len(found) >= number else []
