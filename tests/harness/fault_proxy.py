"""A proxy in front of an S3 server that does what networks and servers do on a bad day.

It speaks just enough HTTP/1.1 to tell requests apart. The `Host` header passes through unchanged, so signatures made
for the proxy's address hold at the server behind it.
"""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

from harness.process import free_port

PIECE = 64 << 10
ERROR = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>'
BUSY = ERROR % (b"SlowDown", b"Please reduce your request rate.")
FAILED = ERROR % (b"InternalError", b"We encountered an internal error. Please try again.")


@dataclass(frozen=True)
class Request:
    """The head of a request."""

    head: bytes
    method: str
    target: str
    headers: dict[str, str]

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", 0))

    @property
    def is_part(self) -> bool:
        return self.method == "PUT" and "partNumber=" in self.target

    @property
    def is_completion(self) -> bool:
        return self.method == "POST" and "uploadId=" in self.target


@dataclass(frozen=True)
class Fault:
    """What happens, to which requests, and how often; then everything passes again."""

    kind: str
    strikes: Callable[[Request], bool] = lambda _: True
    times: float = float("inf")
    # Of a slow connection, in either direction.
    bytes_per_second: int = 0


def refused() -> Fault:
    """Connections are closed as soon as they are made, and those that are open are cut."""
    return Fault("refused")


def unavailable(times: float = float("inf")) -> Fault:
    """503, as S3 answers when it is busy."""
    return Fault("unavailable", times=times)


def slow(bytes_per_second: int) -> Fault:
    return Fault("slow", bytes_per_second=bytes_per_second)


def reset_in_a_part(times: int) -> Fault:
    """The connection is reset in the middle of a part's body, or of an object's."""
    return Fault("reset", strikes=lambda request: request.method == "PUT" and request.length > PIECE, times=times)


def error_after_200(times: int) -> Fault:
    """The completion of a multipart upload is answered 200 and then fails, as Amazon says it may."""
    return Fault("error after 200", strikes=lambda request: request.is_completion, times=times)


def lost_completion(times: int) -> Fault:
    """As `error_after_200`, but the server has completed the upload all the same."""
    return Fault("lost completion", strikes=lambda request: request.is_completion, times=times)


class Sink(Protocol):
    """What an answer is written to."""

    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...


class Nowhere:
    """Where an answer goes that is not passed on."""

    def write(self, data: bytes, /) -> None:
        pass

    async def drain(self) -> None:
        pass


class FaultProxy:
    """Listens on a port of its own, on a thread of its own."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # How many requests the fault has hit, and how many there were by method.
        self.struck = 0
        self.requests: Counter[str] = Counter()
        self._target = (parts.hostname, parts.port)
        self._fault: Fault | None = None
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        # What the kernel and the reader hold back is little, so that a slow proxy looks slow to its client.
        listener = socket.create_server(("127.0.0.1", self.port))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        server = asyncio.start_server(self._serve, sock=listener, limit=PIECE)
        asyncio.run_coroutine_threadsafe(server, self._loop).result(timeout=10)

    def stop(self) -> None:
        self._on_loop(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """The fault is there for the length of the block."""
        self.fail(fault)
        try:
            yield
        finally:
            self.heal()

    def fail(self, fault: Fault) -> None:
        def begin() -> None:
            self._fault, self.struck = fault, 0
            if fault.kind == "refused":
                self._cut()

        self._on_loop(begin)

    def heal(self) -> None:
        def end() -> None:
            self._fault = None

        self._on_loop(end)

    def _on_loop(self, act: Callable[[], None]) -> None:
        async def run() -> None:
            act()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=10)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def _strike(self, request: Request) -> Fault | None:
        """The fault that hits this request, which is then counted."""
        fault = self._fault
        if fault is None or self.struck >= fault.times or not fault.strikes(request):
            return None
        self.struck += 1
        return fault

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            if self._fault is not None and self._fault.kind == "refused":
                return
            back, upstream = await asyncio.open_connection(*self._target, limit=PIECE)
            self._open.add(upstream)
            while await self._exchange(reader, writer, back, upstream):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, upstream):
                if each is not None:
                    self._open.discard(each)
                    with suppress(OSError):
                        each.transport.abort() if self._fault else each.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> bool:
        """One request with its answer; whether the connection goes on."""
        request = await read_request(reader)
        if request is None:
            return False
        self.requests[request.method] += 1
        fault = self._strike(request)
        kind = fault.kind if fault else ""
        if kind == "unavailable":
            await refuse(request, reader, writer, b"503 Service Unavailable", BUSY)
            return True
        if kind == "error after 200":
            await refuse(request, reader, writer, b"200 OK", FAILED)
            return True
        if kind == "lost completion":
            upstream.write(request.head + await reader.readexactly(request.length))
            await answer(request, back, Nowhere(), pacing(0))
            await refuse(replace(request, headers={}), reader, writer, b"200 OK", FAILED)
            return True
        pace = pacing(fault.bytes_per_second if fault else 0)
        upstream.write(request.head)
        if kind == "reset":
            await relay(reader, upstream, request.length // 2, pace)
            return False
        # The answer may come before the end of the body, and the body then has no end.
        body = asyncio.ensure_future(relay(reader, upstream, request.length, pace))
        try:
            await answer(request, back, writer, pace)
            await body
        finally:
            body.cancel()
        return True


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    line, headers = parse(head)
    method, target, _ = line.split(" ", 2)
    assert "transfer-encoding" not in headers, "requests to S3 say their length"
    return Request(head, method, target, headers)


def parse(head: bytes) -> tuple[str, dict[str, str]]:
    line, *fields = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (field.partition(":") for field in fields)
    return line, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def refuse(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: bytes, body: bytes
) -> None:
    """An answer of the proxy's own, after the body has been thrown away."""
    left = request.length
    while left > 0:
        piece = await reader.read(min(left, PIECE))
        if not piece:
            return
        left -= len(piece)
    head = b"HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    writer.write(head + body)
    await writer.drain()


async def answer(
    request: Request, back: asyncio.StreamReader, writer: Sink, pace: Callable[[int], Awaitable[None]]
) -> None:
    """Passes the server's answer on, whole."""
    while True:
        head = await back.readuntil(b"\r\n\r\n")
        line, headers = parse(head)
        status = int(line.split(" ")[1])
        writer.write(head)
        if status >= 200:
            break
    if request.method == "HEAD" or status in (204, 304):
        pass
    elif headers.get("transfer-encoding") == "chunked":
        while size := await chunk(back, writer):
            await relay(back, writer, size + 2, pace)
        writer.write(await back.readuntil(b"\r\n"))
    else:
        await relay(back, writer, int(headers.get("content-length", 0)), pace)
    await writer.drain()


async def chunk(back: asyncio.StreamReader, writer: Sink) -> int:
    line = await back.readuntil(b"\r\n")
    writer.write(line)
    return int(line.split(b";")[0], 16)


async def relay(
    reader: asyncio.StreamReader,
    writer: Sink,
    length: int,
    pace: Callable[[int], Awaitable[None]],
) -> None:
    while length > 0:
        piece = await reader.read(min(length, PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        await pace(len(piece))
        writer.write(piece)
        await writer.drain()
        length -= len(piece)


def pacing(bytes_per_second: int) -> Callable[[int], Awaitable[None]]:
    """Waits as long as so many bytes take. This is the slowness itself, not a wait for something."""

    async def pace(size: int) -> None:
        if bytes_per_second:
            await asyncio.sleep(size / bytes_per_second)

    return pace


@contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """A proxy in front of a server, for as long as the block."""
    proxy = FaultProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
