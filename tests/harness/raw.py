"""HTTP written byte by byte, for requests that no client library would send."""

import json
import select
import socket
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from harness.wire import Answer


def connect(url: str, timeout: float = 10.0) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=timeout)


def head(method: str, target: str, headers: dict[str, str] | None = None) -> bytes:
    """A request line and headers; the target goes out exactly as given."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def request(url: str, method: str, target: str, body: bytes = b"") -> Answer:
    """One request whose target nothing has normalised."""
    headers = {"Content-Length": str(len(body)), "Connection": "close"}
    with connect(url) as connection:
        connection.sendall(head(method, target, headers) + body)
        return read_answer(connection)


def send_until_refused(connection: socket.socket, pieces: Iterable[bytes]) -> tuple[int, Answer]:
    """Sends pieces until the server answers or hangs up; the bytes sent, and the answer."""
    sent = 0
    for piece in pieces:
        if select.select([connection], [], [], 0)[0]:
            break
        try:
            connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(piece)
    return sent, read_answer(connection)


def seconds_until_cut_off(connection: socket.socket, drip: bytes, limit: float) -> float:
    """Sends a byte of `drip` now and then until the server answers or hangs up; fails after `limit` seconds."""
    started = time.monotonic()
    position = 0
    while time.monotonic() - started < limit:
        if select.select([connection], [], [], 0.5)[0]:
            return time.monotonic() - started
        if position < len(drip):
            try:
                connection.sendall(drip[position : position + 1])
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - started
            position += 1
    raise AssertionError(f"still connected after {limit} s")


def read_answer(connection: socket.socket) -> Answer:
    """The answer on a connection, read until it is complete or the server hangs up."""
    received = b""
    while not is_complete(received):
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            break
        if not more:
            break
        received += more
    assert received, "the server hung up without an answer"
    top, _, body = received.partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), parsed(body), headers)


def is_complete(received: bytes) -> bool:
    top, separator, body = received.partition(b"\r\n\r\n")
    for line in top.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return bool(separator) and len(body) >= int(line.split(b":")[1])
    return False


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return {"text": body.decode("latin-1")}
