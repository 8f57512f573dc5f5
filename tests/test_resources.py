"""What the server takes from the machine: memory at rest and with large artifacts, and the time to its first answer."""

import hashlib
import time
from collections.abc import Iterator

import pytest
from conftest import StartServer
from harness.load import Writer
from harness.memory import peak_memory
from harness.raw import connect, head
from harness.waiting import wait_until
from harness.wire import ARTIFACTS, Wire

MEBIBYTE = 1 << 20
LARGE = 300


def test_first_answer_and_memory_at_rest(start_server: StartServer) -> None:
    server = start_server()
    assert server.rss() < 64 * MEBIBYTE
    server.stop()
    started = time.monotonic()
    server.start()
    elapsed = time.monotonic() - started
    assert elapsed < 1.0, f"{elapsed:.2f} s to the first answer"
    Wire(server.url).get("experiments/get", experiment_id="0").ok()
    assert server.rss() < 64 * MEBIBYTE


def test_large_artifacts_pass_through(start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    wire = Wire(server.url, timeout=60)
    path = f"{ARTIFACTS}/0/large.bin"
    with peak_memory(server) as peak:
        assert wire.request("PUT", path, data=large_content()).status == 200
        assert sha256(large_content()) == sha256(pieces_of(wire, path))
    assert peak[0] < 100 * MEBIBYTE, f"{peak[0] // MEBIBYTE} MiB"
    listed = wire.request("GET", ARTIFACTS, params={"path": "0"}).ok()["files"]
    assert listed == [{"path": "large.bin", "is_dir": False, "file_size": LARGE * MEBIBYTE}]


@pytest.mark.parametrize(
    ("asked", "first", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1048570-1048585", 1048570, 16),
        ("bytes=3145720-", 3145720, 8),
        ("bytes=-5", 3145723, 5),
    ],
)
def test_a_part_of_an_artifact(start_on_sqlite: StartServer, asked: str, first: int, length: int) -> None:
    wire = Wire(start_on_sqlite().url)
    path = f"{ARTIFACTS}/0/part.bin"
    content = b"".join(bytes([number]) * MEBIBYTE for number in range(3))
    wire.request("PUT", path, data=content).ok()
    part = wire.session.get(wire.url + path, headers={"Range": asked}, timeout=10)
    assert (part.status_code, part.content) == (206, content[first : first + length])
    assert part.headers["Content-Range"] == f"bytes {first}-{first + length - 1}/{len(content)}"


def test_a_part_beyond_the_end(start_on_sqlite: StartServer) -> None:
    wire = Wire(start_on_sqlite().url)
    path = f"{ARTIFACTS}/0/part.bin"
    wire.request("PUT", path, data=b"short").ok()
    assert wire.session.get(wire.url + path, headers={"Range": "bytes=100-"}, timeout=10).status_code == 416


def test_an_upload_that_breaks_off_leaves_nothing(start_on_sqlite: StartServer) -> None:
    server = start_on_sqlite()
    wire = Wire(server.url)
    path = f"{ARTIFACTS}/0/broken.bin"
    wire.request("PUT", path, data=b"whole").ok()

    for headers in ({"Content-Length": str(2 * MEBIBYTE)}, {"Transfer-Encoding": "chunked"}):
        with connect(server.url) as connection:
            start = f"{MEBIBYTE:x}\r\n".encode() if "Transfer-Encoding" in headers else b""
            connection.sendall(head("PUT", path, headers) + start + b"x" * MEBIBYTE)
    assert Wire(server.url).session.get(server.url + path, timeout=10).content == b"whole"


def test_memory_after_a_burst(start_server: StartServer) -> None:
    server = start_server()
    wire = Wire(server.url)
    writers = [Writer(server.url, wire.new_run("0"), f"w{i}", points_per_batch=900) for i in range(8)]
    with peak_memory(server) as peak:
        for writer in writers:
            writer.start()
        wait_until("half a million points", lambda: sum(len(w.acknowledged.steps) for w in writers) > 500_000, limit=60)
        for writer in writers:
            writer.finish()
    assert peak[0] < 256 * MEBIBYTE, f"{peak[0] // MEBIBYTE} MiB"


def large_content() -> Iterator[bytes]:
    """`LARGE` mebibytes, no two alike."""
    for number in range(LARGE):
        yield hashlib.sha256(str(number).encode()).digest() * (MEBIBYTE // 32)


def pieces_of(wire: Wire, path: str) -> Iterator[bytes]:
    with wire.session.get(wire.url + path, stream=True, timeout=60) as response:
        assert response.status_code == 200
        yield from response.iter_content(MEBIBYTE)


def sha256(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
