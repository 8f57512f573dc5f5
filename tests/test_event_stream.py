"""Every event of the log, as it comes: nothing is lost and nothing piles up, however slow a reader is."""

import contextlib
import json
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import requests
from conftest import StartServer
from harness.memory import peak_memory
from harness.raw import connect, head
from harness.waiting import wait_until
from harness.wire import Wire

OWN = "/api/runledger/v1"
SUBSCRIBERS = 1_000
EVENTS = 200
ACCEPT = {"Accept": "text/event-stream"}


def follow(wire: Wire, last: int | None = None, **arguments: Any) -> Iterator[tuple[int, Any]]:
    """Events as (id, data); comments and words of where the reader is are left out."""
    headers = ACCEPT | ({"Last-Event-ID": str(last)} if last is not None else {})
    url = f"{wire.url}{OWN}/events"
    with requests.get(url, params=arguments, headers=headers, stream=True, timeout=20) as response:
        assert response.headers["content-type"] == "text/event-stream", response.text
        fields: dict[str, str] = {}
        for line in response.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
            else:
                if "data" in fields and "event" not in fields:
                    yield int(fields["id"]), json.loads(fields["data"])
                fields = {}


def take(events: Iterator[tuple[int, Any]], number: int) -> list[tuple[int, Any]]:
    return [next(events) for _ in range(number)]


def test_a_reader_resumes_anywhere_without_loss(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    run_id = wire.new_run()
    for number in range(700):
        wire.post("runs/set-tag", run_id=run_id, key="n", value=str(number)).ok()
    position, seen = 0, []
    total = 700 + 3
    while len(seen) < total:
        stream = follow(wire, last=position) if position else follow(wire, since=0)
        with contextlib.closing(stream):
            for ident, data in take(stream, min(97, total - len(seen))):
                assert ident == data["position"]
                seen.append(ident)
        position = seen[-1]
    assert seen == list(range(1, total + 1))


def test_a_reader_gets_what_it_asked_for(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    mine, other = wire.new_experiment(), wire.new_experiment()
    run_id, stranger = wire.new_run(mine), wire.new_run(other)
    readers = {
        "run": follow(wire, since=0, run=run_id),
        "experiment": follow(wire, since=0, experiment=mine),
        "kind": follow(wire, since=0, kind="TagsSet"),
    }
    for number in range(3):
        wire.post("runs/set-tag", run_id=stranger, key="n", value=str(number)).ok()
        wire.post("runs/set-tag", run_id=run_id, key="n", value=str(number)).ok()
    wire.request("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{mine}/{run_id}/artifacts/a.txt", data=b"x")
    kinds = {name: [data["kind"] for _, data in take(reader, 5)] for name, reader in readers.items()}
    assert kinds["run"] == ["RunCreated", "TagsSet", "TagsSet", "TagsSet", "ArtifactStaged"]
    assert kinds["experiment"] == ["ExperimentCreated", "RunCreated", "TagsSet", "TagsSet", "TagsSet"]
    assert set(kinds["kind"]) == {"TagsSet"}
    ours = follow(wire, since=0, experiment=mine)
    assert {data["experiment_id"] for _, data in take(ours, 5)} == {mine}
    for reader in [*readers.values(), ours]:
        reader.close()


def test_what_cannot_be_followed_is_refused(our_server: str) -> None:
    wire = Wire(our_server)
    for arguments, status in (({"since": 10**12}, 410), ({"since": "x"}, 400), ({"run": "x"}, 404), ({"experiment": "9999"}, 404)):
        answer = wire.request("GET", f"{OWN}/events", params=arguments, headers=ACCEPT)
        assert answer.status == status, (arguments, answer)
    assert "events" in wire.request("GET", f"{OWN}/events").ok()


class Subscribers:
    """Many readers in one thread, which only count what they get and look that nothing is missing."""

    def __init__(self, url: str, number: int, first: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.rest = [b""] * number
        self.position = [first] * number
        self.mistakes: list[str] = []
        self.sockets = [self.subscribe(url, first) for _ in range(number)]
        for place, connection in enumerate(self.sockets):
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ, place)
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def subscribe(url: str, first: int) -> socket.socket:
        connection = connect(url)
        connection.sendall(head("GET", f"{OWN}/events", ACCEPT | {"Last-Event-ID": str(first)}))
        return connection

    def run(self) -> None:
        while not self.end.is_set():
            for key, _ in self.selector.select(timeout=0.1):
                self.read(key.data, key.fileobj.recv(1 << 16))  # type: ignore[union-attr]

    def read(self, place: int, received: bytes) -> None:
        if not received:
            self.selector.unregister(self.sockets[place])
            self.mistakes.append(f"reader {place} was hung up on")
            return
        *whole, self.rest[place] = (self.rest[place] + received).split(b"\n")
        for line in whole:
            if line.startswith(b"id:"):
                position = int(line[3:])
                if position != self.position[place] + 1:
                    self.mistakes.append(f"reader {place} got {position} after {self.position[place]}")
                self.position[place] = position

    def close(self) -> None:
        self.end.set()
        self.thread.join()
        for connection in self.sockets:
            connection.close()


def test_a_thousand_readers_of_which_one_is_slow(start_on_postgres: StartServer) -> None:
    server = start_on_postgres()
    wire = Wire(server.url)
    run_id = wire.new_run()
    first = wire.request("GET", f"{OWN}/runs/{run_id}/span").ok()["last"]["position"]
    readers = Subscribers(server.url, SUBSCRIBERS, first)
    slow = Subscribers.subscribe(server.url, first)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with peak_memory(server) as peaks:
        before = server.rss()
        value = "x" * 2_000
        started = time.monotonic()
        for number in range(EVENTS):
            wire.post("runs/set-tag", run_id=run_id, key=f"n{number}", value=value).ok()
        written = time.monotonic() - started
        upto = first + EVENTS
        try:
            wait_until("everybody has everything", lambda: min(readers.position) >= upto, limit=60)
        except AssertionError:
            raise AssertionError(f"{readers.mistakes[:3]}, {min(readers.position)} of {upto}") from None
        # All of it to everybody is 400 MB.
        grown = peaks[0] - before
    readers.close()
    assert readers.mistakes == []
    assert set(readers.position) == {upto}
    assert grown < 150 << 20, f"{grown >> 20} MB more while {EVENTS} events went to {SUBSCRIBERS} readers in {written:.1f} s"

    slow.settimeout(20)
    seen: list[int] = []
    rest = b""
    while not seen or seen[-1] < upto:
        *whole, rest = (rest + slow.recv(1 << 16)).split(b"\n")
        seen.extend(int(line[3:]) for line in whole if line.startswith(b"id:"))
    slow.close()
    assert seen == list(range(first + 1, upto + 1)), "the slow one gets the same"


def test_a_stopped_server_lets_its_readers_go(start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    wire = Wire(server.url)
    wire.new_run()
    with contextlib.closing(follow(wire, since=0)) as stream:
        next(stream)
        assert server.stop() == 0
