"""A RabbitMQ for the tests, and a virtual host on it for each deployment: queue names are the same in all of them."""

import base64
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from harness.service import Service, private_service

MAIN = "runledger.uploads"
DEAD = f"{MAIN}.dead"
RETRY = [f"{MAIN}.retry.{delay}" for delay in ("1s", "5s", "30s", "5m", "30m")]


@dataclass(frozen=True)
class Message:
    """What lies in a queue."""

    body: bytes
    headers: dict[str, Any]

    def job(self) -> Any:
        return json.loads(self.body)


class VirtualHost:
    """The queues of one deployment, by the broker's management API."""

    def __init__(self, broker: "Broker", name: str) -> None:
        self.name = name
        self.url = urlunsplit(urlsplit(broker.amqp_url)._replace(path=f"/{name}"))
        self._broker = broker

    def queues(self) -> set[str]:
        return {queue["name"] for queue in self._broker.call("GET", f"queues/{self.name}")}

    def delete_queue(self, queue: str) -> None:
        self._broker.call("DELETE", f"queues/{self.name}/{queue}")

    def publish(self, queue: str, body: bytes, **headers: Any) -> None:
        """Straight into a queue, as anybody could who knows its name."""
        payload = {
            "routing_key": queue,
            "properties": {"delivery_mode": 2, "headers": headers},
            "payload": base64.b64encode(body).decode(),
            "payload_encoding": "base64",
        }
        published = self._broker.call("POST", f"exchanges/{self.name}/amq.default/publish", payload)
        assert published["routed"], f"there is no queue {queue}"

    def take(self, queue: str, limit: int = 100) -> list[Message]:
        """The messages of a queue, which are then gone from it."""
        return self._get(queue, "ack_requeue_false", limit)

    def look(self, queue: str, limit: int = 100) -> list[Message]:
        """The messages of a queue, which stay there."""
        return self._get(queue, "ack_requeue_true", limit)

    def _get(self, queue: str, ackmode: str, limit: int) -> list[Message]:
        asked = {"count": limit, "ackmode": ackmode, "encoding": "base64"}
        found = self._broker.call("POST", f"queues/{self.name}/{queue}/get", asked)
        return [Message(base64.b64decode(m["payload"]), m["properties"].get("headers", {})) for m in found]


class Broker:
    """A RabbitMQ with its management API, and host and port of its metrics."""

    def __init__(self, amqp_url: str, management_url: str, metrics: str) -> None:
        parts = urlsplit(management_url)
        self.amqp_url = amqp_url
        self.metrics = metrics
        self._root = urlunsplit(parts._replace(netloc=f"{parts.hostname}:{parts.port}", path="/api"))
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (parts.username or "guest", parts.password or "guest")

    @contextmanager
    def vhost(self) -> Iterator[VirtualHost]:
        """A virtual host that lives as long as the block."""
        name = f"runledger-{uuid.uuid4().hex}"
        self.make_vhost(name)
        try:
            yield VirtualHost(self, name)
        finally:
            self.call("DELETE", f"vhosts/{name}")

    def make_vhost(self, name: str) -> None:
        user = quote(urlsplit(self.amqp_url).username or "guest")
        self.call("PUT", f"vhosts/{name}", {})
        self.call("PUT", f"permissions/{name}/{user}", dict.fromkeys(("configure", "write", "read"), ".*"))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self._root}/{path}", json=body, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@contextmanager
def running_broker() -> Iterator[Broker]:
    """The one in the environment when it is set, else one that lives as long as the block."""
    given = [os.environ.get(f"RUNLEDGER_TEST_AMQP_{name}", "") for name in ("URL", "MANAGEMENT_URL", "METRICS")]
    if all(given):
        yield Broker(*given)
        return
    with private_broker() as (_, broker):
        yield broker


@contextmanager
def private_broker() -> Iterator[tuple[Service, Broker]]:
    """A RabbitMQ that a test may kill."""
    with private_service("rabbitmq.sh") as service:
        yield service, Broker(service.start(), service.ask("management"), service.ask("metrics"))
