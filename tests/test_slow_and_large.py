"""Clients that are slow, or that send more than anybody should: refused or cut off, while others are served."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard
from conftest import StartServer
from harness.raw import connect, head, seconds_until_cut_off, send_until_refused
from harness.runledger import Runledger
from harness.wire import API, ARTIFACTS, Wire

MEBIBYTE = 1 << 20
TEN_GIGABYTES = 10 * 1000**3
CUT_OFF = 75.0


@pytest.fixture
def server(start_on_sqlite: StartServer) -> Runledger:
    return start_on_sqlite()


def endless_batch() -> Iterator[bytes]:
    """The beginning of a batch that never ends, a mebibyte at a time."""
    yield b'{"run_id": "r", "metrics": ['
    element = b'{"key": "m", "value": 1.0, "timestamp": 1, "step": 1},'
    piece = element * (MEBIBYTE // len(element))
    for _ in range(TEN_GIGABYTES // len(piece)):
        yield piece


def chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


@pytest.mark.parametrize("path", ["runs/log-batch", "runs/search", "experiments/create"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_ten_gigabytes(server: Runledger, path: str, declared: bool) -> None:
    length = {"Content-Length": str(TEN_GIGABYTES)} if declared else {"Transfer-Encoding": "chunked"}
    with connect(server.url) as connection:
        connection.sendall(head("POST", f"{API}/{path}", {"Content-Type": "application/json"} | length))
        pieces = endless_batch() if declared else chunked(endless_batch())
        sent, answer = send_until_refused(connection, pieces)
    assert 400 <= answer.status < 500, answer
    assert answer.body.get("error_code"), answer
    assert answer.body.get("message"), answer
    assert sent < 300 * MEBIBYTE
    assert server.rss() < 200 * MEBIBYTE
    assert Wire(server.url).request("GET", "/health").status == 200


PACKINGS = {"gzip": gzip.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("encoding", PACKINGS)
def test_a_small_body_that_unpacks_to_a_large_one(server: Runledger, encoding: str) -> None:
    packed = PACKINGS[encoding](b" " * (1 << 30))
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = Wire(server.url).request("POST", f"{API}/runs/log-batch", data=packed, headers=headers)
    assert 400 <= answer.status < 500, answer
    assert answer.body.get("error_code"), answer
    assert server.rss() < 200 * MEBIBYTE


@pytest.mark.parametrize("encoding", PACKINGS)
def test_a_packed_body(server: Runledger, encoding: str) -> None:
    wire = Wire(server.url)
    run_id = wire.new_run()
    body = f'{{"run_id": "{run_id}", "metrics": [{{"key": "m", "value": 1.5, "timestamp": 1}}]}}'
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    packed = PACKINGS[encoding](body.encode())
    wire.request("POST", f"{API}/runs/log-batch", data=packed, headers=headers).ok()
    assert wire.data(run_id)["metrics"] == {"m": 1.5}
    answer = wire.request("POST", f"{API}/runs/log-batch", data=b"not packed at all", headers=headers)
    assert answer.status == 400


def test_headers_without_end(server: Runledger) -> None:
    with connect(server.url) as connection:
        connection.sendall(f"GET /health HTTP/1.1\r\nX-Long: {'x' * MEBIBYTE}".encode())
        _, answer = send_until_refused(connection, (b"x" * 1024 for _ in range(10_000)))
    assert 400 <= answer.status < 500


SLOW: dict[str, tuple[bytes, bytes]] = {
    # What is sent at once, and what drips afterwards.
    "silence": (b"", b""),
    "headers": (b"GET /health HTTP/1.1\r\n", b"X-Slow: yes\r\n" * 1000),
    "body": (
        head("POST", f"{API}/runs/log-batch", {"Content-Type": "application/json", "Content-Length": "100000"}),
        b"",
    ),
    "dripping body": (
        head("POST", f"{API}/runs/log-batch", {"Content-Type": "application/json", "Content-Length": "100000"}),
        b" " * 1000,
    ),
    "upload": (head("PUT", f"{ARTIFACTS}/0/slow.bin", {"Content-Length": "100000"}) + b"begin", b""),
}


@pytest.mark.timeout(200)
def test_slow_clients_are_cut_off(server: Runledger) -> None:
    """Forty at once, and meanwhile everybody else is served as ever."""

    def slow_client(kind: str) -> float:
        first, drip = SLOW[kind]
        with connect(server.url) as connection:
            connection.sendall(first)
            return seconds_until_cut_off(connection, drip, CUT_OFF)

    with served_meanwhile(server), ThreadPoolExecutor(40) as pool:
        waits = {kind: [pool.submit(slow_client, kind) for _ in range(8)] for kind in SLOW}
        print({kind: round(max(wait.result() for wait in each), 1) for kind, each in waits.items()})
    assert "files" not in Wire(server.url).request("GET", ARTIFACTS, params={"path": "0"}).ok()


class served_meanwhile:  # noqa: N801 - reads as a statement
    """Writes into a run for the length of the block; every request has to succeed within a second."""

    def __init__(self, server: Runledger) -> None:
        self._wire = Wire(server.url, timeout=5)
        self._run_id = self._wire.new_run()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._catching(self._write), daemon=True)
        self._slowest = 0.0
        self._failure: BaseException | None = None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=10)
        assert self._failure is None, self._failure
        assert self._slowest < 1.0, f"one request took {self._slowest:.2f} s"

    def _catching(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                self._failure = error

        return run

    def _write(self) -> None:
        step = 0
        while not self._end.wait(0.05):
            started = time.monotonic()
            fields = {"key": "m", "value": 1.0, "timestamp": step, "step": step}
            self._wire.post("runs/log-metric", run_id=self._run_id, **fields).ok()
            self._slowest = max(self._slowest, time.monotonic() - started)
            step += 1
