"""A receiver of webhooks, which can be away for a while, and which keeps what it took."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from harness.process import free_port


@dataclass(frozen=True)
class Taken:
    """A delivery as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def topic(self) -> str:
        return f"{self.content['entity']}.{self.content['action']}"

    @property
    def delivery_id(self) -> str:
        return self.headers["x-mlflow-delivery-id"]

    def is_signed_with(self, secret: str) -> bool:
        """As MLflow's documentation tells receivers to check it."""
        signed = f"{self.delivery_id}.{self.headers['x-mlflow-timestamp']}.".encode() + self.body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        return self.headers.get("x-mlflow-signature") == "v1," + base64.b64encode(digest).decode()


class Receiver:
    """Answers `status` to everything on a port of its own; keeps what it answered 200 to."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.taken: list[Taken] = []
        self.refused = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def topics(self) -> list[str]:
        return [one.topic for one in self.taken]

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    receiver.taken.append(Taken({k.lower(): v for k, v in self.headers.items()}, body))
                else:
                    receiver.refused += 1
                self.send_response(receiver.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
