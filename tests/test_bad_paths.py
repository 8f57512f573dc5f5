"""No artifact path leaves its root, however it is written."""

from pathlib import Path

import pytest
from conftest import StartServer
from harness.raw import request
from harness.runledger import Runledger
from harness.wire import ARTIFACTS, Answer, Wire

ESCAPES = [
    *("../../etc/passwd", "../../../../../../../../etc/passwd", "a/../../../../../../etc/passwd"),
    *("%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    *("%252e%252e%252f%252e%252e%252fetc%252fpasswd", "%25252e%25252e/%25252e%25252e/etc/passwd"),
    *("%2fetc%2fpasswd", "/etc/passwd", "//etc/passwd", "C:%5cwindows", "..", "a/..", "%2e%2e", "a%23b"),
]
# The reference refuses these in some places only.
ODDITIES = ["..\\..\\etc\\passwd", "%5c..%5c..%5cetc", "a%00b", "a%0ab"]


@pytest.fixture
def server(start_on_sqlite: StartServer) -> Runledger:
    return start_on_sqlite()


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_path_that_leaves_its_root(any_server: str, method: str, path: str) -> None:
    ask(any_server, method, path).invalid("Invalid path")


def test_nothing_is_touched_elsewhere(server: Runledger) -> None:
    bait = server.folder / "data" / "bait.txt"
    bait.write_text("outside the artifacts")
    before = everything_but_databases(server.folder)
    for path in [*ESCAPES, *ODDITIES, "../bait.txt", "%2e%2e/bait.txt", "..%2fbait.txt", "%252e%252e%252fbait.txt"]:
        for method in ("PUT", "DELETE", "GET"):
            ask(server.url, method, path).invalid("Invalid path")
    assert everything_but_databases(server.folder) == before
    assert not Path("/nowhere").exists()


def ask(url: str, method: str, path: str) -> Answer:
    """Reads may try a real file; writes aim at one that nobody would miss."""
    if method != "GET":
        path = path.replace("etc", "nowhere").replace("passwd", "nothing")
    return request(url, method, f"{ARTIFACTS}/{path}", b"replaced" if method == "PUT" else b"")


def test_listing_leaves_no_root(server: Runledger) -> None:
    wire = Wire(server.url)
    run_id = wire.new_run()
    for path in ("..", "../..", "a/../../..", "/etc", "%2e%2e", "..%2f..", "%252e%252e", "..\\..", "a\x00b"):
        wire.get("artifacts/list", run_id=run_id, path=path).invalid("Invalid path")
        wire.request("GET", ARTIFACTS, params={"path": path}).invalid("Invalid path")
        wire.request("GET", "/get-artifact", params={"run_id": run_id, "path": path}).invalid("Invalid path")


def test_names_that_only_look_odd(any_server: str) -> None:
    wire = Wire(any_server)
    experiment_id = wire.new_experiment()
    for name in ("a..b", "...a", "a%20b", "%C3%BC", "a+b", "a&b=c", "a'b", "-", "%25", "x" * 200):
        path = f"{ARTIFACTS}/{experiment_id}/odd/{name}"
        assert request(any_server, "PUT", path, name.encode()).status == 200, name
        assert request(any_server, "GET", path).body in ({"text": name}, {"text": name.encode().decode("latin-1")})


def everything_but_databases(folder: Path) -> dict[str, bytes]:
    names = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(("server-", "runledger.")))
    return {str(p): p.read_bytes() for p in names if ".db" not in p.name and ".sqlite" not in p.name}
