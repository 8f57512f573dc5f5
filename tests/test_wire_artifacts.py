"""The artifact proxy and the listing of a run's artifacts over raw HTTP."""

import pytest
from harness.wire import ARTIFACTS, Wire

MPU = "/api/2.0/mlflow-artifacts/mpu"


def root_of(wire: Wire, run_id: str) -> str:
    uri = wire.run(run_id)["info"]["artifact_uri"]
    return f"{ARTIFACTS}/{uri.removeprefix('mlflow-artifacts:/')}"


def put(wire: Wire, path: str, content: bytes) -> None:
    answer = wire.request("PUT", path, data=content, headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.body) == (200, {})


@pytest.fixture
def run_id(wire: Wire) -> str:
    return wire.new_run()


@pytest.mark.parametrize("name", ["a.txt", "deep/er/b.bin", "sp ace.txt", "ünï.txt", "empty"])
def test_put_and_get(wire: Wire, run_id: str, name: str) -> None:
    content = b"" if name == "empty" else f"content of {name}".encode()
    path = f"{root_of(wire, run_id)}/{name}"
    put(wire, path, content)
    response = wire.session.get(wire.url + path, timeout=10)
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_put_overwrites(wire: Wire, run_id: str) -> None:
    path = f"{root_of(wire, run_id)}/a.txt"
    for content in (b"first and longer", b"second"):
        put(wire, path, content)
    assert wire.session.get(wire.url + path, timeout=10).content == b"second"


def test_a_path_that_ends_in_a_slash(wire: Wire, run_id: str) -> None:
    answer = wire.request("PUT", f"{root_of(wire, run_id)}/dir/", data=b"x")
    assert answer.status == 400


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text/plain"), ("MLmodel", "text/plain"), ("a.json", "text/plain"), ("a.png", "image/png")],
)
def test_content_type_follows_the_name(wire: Wire, run_id: str, name: str, kind: str) -> None:
    path = f"{root_of(wire, run_id)}/{name}"
    put(wire, path, b"x")
    assert wire.session.get(wire.url + path, timeout=10).headers["Content-Type"].split(";")[0] == kind


def test_range(wire: Wire, run_id: str) -> None:
    path = f"{root_of(wire, run_id)}/a.bin"
    put(wire, path, bytes(range(100)))
    response = wire.session.get(wire.url + path, headers={"Range": "bytes=10-19"}, timeout=10)
    assert (response.status_code, response.content) == (206, bytes(range(10, 20)))
    assert response.headers["Content-Range"] == "bytes 10-19/100"


def test_a_file_that_is_not_there(wire: Wire, run_id: str) -> None:
    wire.request("GET", f"{root_of(wire, run_id)}/nope.txt").missing("No such artifact: …")


def test_a_directory_is_no_file(wire: Wire, run_id: str) -> None:
    put(wire, f"{root_of(wire, run_id)}/dir/a.txt", b"x")
    assert wire.request("GET", f"{root_of(wire, run_id)}/dir").status == 400


def test_listing_of_the_proxy_has_base_names(wire: Wire, run_id: str) -> None:
    root = root_of(wire, run_id)
    for name in ("b.txt", "dir/c.txt", "a.txt"):
        put(wire, f"{root}/{name}", b"xyz")
    directory = root.removeprefix(ARTIFACTS + "/")
    listed = wire.request("GET", ARTIFACTS, params={"path": directory}).ok()["files"]
    expected = [("a.txt", False, 3), ("b.txt", False, 3), ("dir", True, None)]
    assert [(f["path"], f["is_dir"], f.get("file_size")) for f in listed] == expected
    for nothing in (f"{directory}/a.txt", f"{directory}/nope"):
        assert wire.request("GET", ARTIFACTS, params={"path": nothing}).ok() == {}


def test_listing_of_a_run_has_paths_below_it(wire: Wire, run_id: str) -> None:
    for name in ("b.txt", "dir/c.txt"):
        put(wire, f"{root_of(wire, run_id)}/{name}", b"xyz")
    answer = wire.get("artifacts/list", run_id=run_id).ok()
    assert answer["root_uri"] == wire.run(run_id)["info"]["artifact_uri"]
    assert answer["files"] == [{"path": "b.txt", "is_dir": False, "file_size": 3}, {"path": "dir", "is_dir": True}]
    below = wire.get("artifacts/list", run_id=run_id, path="dir").ok()["files"]
    assert below == [{"path": "dir/c.txt", "is_dir": False, "file_size": 3}]
    assert "files" not in wire.get("artifacts/list", run_id=run_id, path="nope").ok()


def test_listing_of_no_run(wire: Wire) -> None:
    wire.get("artifacts/list", run_id="nope").missing("Run with id=nope not found")


def test_delete(wire: Wire, run_id: str) -> None:
    path = f"{root_of(wire, run_id)}/dir"
    put(wire, f"{path}/a.txt", b"x")
    for _ in range(2):
        assert wire.request("DELETE", path).ok() == {}
    wire.request("GET", f"{path}/a.txt").missing()
    assert "files" not in wire.get("artifacts/list", run_id=run_id).ok()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a%2F..%2F..%2Fx", "%2e%2e/x", "a#b"])
def test_listing_does_not_leave_the_run(wire: Wire, run_id: str, path: str) -> None:
    wire.get("artifacts/list", run_id=run_id, path=path).invalid("Invalid path")


def test_download_for_the_browser(wire: Wire, run_id: str) -> None:
    put(wire, f"{root_of(wire, run_id)}/a.txt", b"hello")
    response = wire.session.get(f"{wire.url}/get-artifact", params={"run_id": run_id, "path": "a.txt"}, timeout=10)
    assert (response.status_code, response.content) == (200, b"hello")
    assert response.headers["Content-Disposition"].startswith("attachment")
    wire.request("GET", "/get-artifact", params={"run_id": run_id, "path": "../x"}).invalid("Invalid path")
    wire.request("GET", "/get-artifact", params={"run_id": "nope", "path": "a.txt"}).missing()


def test_a_store_of_folders_has_no_multipart_uploads(wire: Wire) -> None:
    answer = wire.request("POST", f"{MPU}/create/0/x", json={"path": "a.bin", "num_parts": 2})
    answer.refused(501, "NOT_IMPLEMENTED")
