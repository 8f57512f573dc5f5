"""Files of every kind in the browser: what each is shown as, that none of them runs anything, and uploads that wait."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pyarrow
import pyarrow.parquet
import pytest
from conftest import StartServer, _starter
from harness.browser import Visit, visiting
from harness.pictures import png
from harness.wire import ARTIFACTS, Wire
from playwright.sync_api import Browser, Page, expect

STEAL = "parent.document.title = document.title = 'stolen'"
GEO = (
    '{"type": "FeatureCollection", "features": ['
    '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [13.4, 52.5]}},'
    '{"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[13.4, 52.5], [2.35, 48.86]]}}]}'
)
PDF = f"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R /OpenAction <</S /JavaScript /JS (app.alert\\(1\\); {STEAL})>> >> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99]>> endobj
trailer <</Root 1 0 R>>
%%EOF
"""


def sound() -> bytes:
    """A tenth of a second of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return written.getvalue()


FILES: dict[str, bytes] = {
    "picture.png": png(3),
    "damaged.png": b"\x89PNG no more",
    "drawing.svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>{STEAL}</script></svg>'.encode(),
    "sound.wav": sound(),
    "paper.pdf": PDF.encode(),
    "not-a.pdf": f"<script>{STEAL}</script>".encode(),
    "shapes.geojson": GEO.encode(),
    "no-shapes.geojson": b'{"type": "none"}',
    "numbers.json": b'{"big": 12345678901234567890, "small": [1]}',
    "table.csv": b'a,b\n1,"x, y"\n',
    "tabs.tsv": b"c\td\n3\t4\n",
    "notes.md": f"# Heading\n\n<script>{STEAL}</script><img src=x onerror=\"{STEAL}\">[link](javascript:{STEAL})".encode(),
    "page.html": f'<h1>Report</h1><script>{STEAL}</script><form action="/"><input></form>'.encode(),
    "MLmodel": f"flavors:\n  python: <script>{STEAL}</script>\n".encode(),
    "trainer.log": "läuft …\n".encode(),
    "weights.pkl": b"\x80\x04",
    "unknown.xyz": b"\x00\x01",
    "empty.txt": b"",
}


@dataclass
class Site:
    url: str
    run_id: str


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A run with a file of each kind, which the real client logged."""
    folder = tmp_path_factory.mktemp("files")
    with _starter("runledger-sqlite", request, folder) as start:
        server = start()
        files = folder / "local"
        files.mkdir()
        for name, content in FILES.items():
            (files / name).write_bytes(content)
        table = pyarrow.table({"id": range(500), "name": [f"row {row}" for row in range(500)]})
        pyarrow.parquet.write_table(table, files / "rows.parquet")
        client = mlflow.MlflowClient(server.url)
        run_id = client.create_run("0", run_name="files").info.run_id
        client.log_artifacts(run_id, str(files))
        yield Site(server.url, run_id)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(browser, site.url) as visit:
        yield visit
        # What a page holds back is told by the browser, and only of the files that try.
        held_back = ("Content Security Policy", "frame is sandboxed")
        visit.complaints = [each for each in visit.complaints if not any(word in each for word in held_back)]
        visit.check()


def preview(visit: Visit, site: Site, name: str) -> Page:
    page = visit.go(f"/runs/{site.run_id}/artifacts/{name}")
    expect(page.get_by_role("article", name=name)).to_be_visible()
    return page


def test_each_kind_of_file_is_shown_as_what_it_is(visit: Visit, site: Site) -> None:
    page = preview(visit, site, "picture.png")
    expect(page.get_by_text("3 × 1")).to_be_visible()
    preview(visit, site, "damaged.png")
    expect(page.get_by_text("The picture cannot be shown")).to_be_visible()
    preview(visit, site, "drawing.svg")
    expect(page.get_by_text("9 × 9")).to_be_visible()
    preview(visit, site, "sound.wav")
    expect(page.locator("audio[controls]")).to_be_visible()
    page.wait_for_function("document.querySelector('audio').duration > 0.05")
    preview(visit, site, "not-a.pdf")
    expect(page.get_by_text("The file is not a PDF, whatever its name says.")).to_be_visible()
    preview(visit, site, "shapes.geojson")
    expect(page.get_by_role("img", name="shapes.geojson: 1 line, 1 point")).to_be_visible()
    page.get_by_role("button", name="Source").click()
    expect(page.get_by_text('"FeatureCollection"')).to_be_visible()
    preview(visit, site, "no-shapes.geojson")
    expect(page.get_by_text('"type": "none"')).to_be_visible()
    preview(visit, site, "numbers.json")
    expect(page.get_by_text("12345678901234567890")).to_be_visible()
    preview(visit, site, "table.csv")
    expect(page.get_by_role("cell", name="x, y")).to_be_visible()
    preview(visit, site, "tabs.tsv")
    expect(page.get_by_role("columnheader", name="d")).to_be_visible()
    preview(visit, site, "rows.parquet")
    expect(page.get_by_role("cell", name="row 17", exact=True)).to_be_visible()
    preview(visit, site, "trainer.log")
    expect(page.get_by_text("läuft …")).to_be_visible()
    preview(visit, site, "weights.pkl")
    expect(page.get_by_role("heading", name="No preview")).to_be_visible()
    preview(visit, site, "unknown.xyz")
    expect(page.get_by_text("The file is not text. It can be downloaded.")).to_be_visible()
    preview(visit, site, "empty.txt")
    expect(page.get_by_text("The file is empty")).to_be_visible()


def test_no_file_runs_anything(visit: Visit, site: Site) -> None:
    for name in ("drawing.svg", "paper.pdf", "notes.md", "page.html", "MLmodel"):
        page = preview(visit, site, name)
        page.wait_for_timeout(400)
        assert page.title() != "stolen", name
    page = preview(visit, site, "notes.md")
    expect(page.get_by_role("heading", name="Heading")).to_be_visible()
    assert page.locator("a[href^='javascript:']").count() == 0
    frame = preview(visit, site, "page.html").frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Report")).to_be_visible()


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "paper.pdf", "MLmodel", "notes.md"])
def test_a_file_that_is_opened_by_its_address_has_no_rights(browser: Browser, site: Site, name: str) -> None:
    wire = Wire(site.url)
    answer = wire.session.get(f"{site.url}/get-artifact", params={"run_id": site.run_id, "path": name}, timeout=30)
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if name not in ("page.html", "drawing.svg"):
        return
    with visiting(browser, site.url) as visit:
        # Whether it is shown or downloaded, its script does not run with our origin.
        visit.page.route("**/get-artifact**", lambda route: route.continue_())
        try:
            visit.go(f"/get-artifact?run_id={site.run_id}&path={name}")
        except Exception as error:
            assert "Download is starting" in str(error)
        assert visit.page.title() != "stolen"


def test_an_upload_that_waits_for_its_store_says_so_and_can_be_read(browser: Browser, start_on_sqlite: StartServer) -> None:
    nowhere = ("--artifact-store", "s3://bucket/runs", "--s3-endpoint", "http://127.0.0.1:9")
    wire = Wire(start_on_sqlite(flags=nowhere).url)
    run_id = wire.new_run("0", run_name="waiting")
    wire.request("PUT", f"{ARTIFACTS}/0/{run_id}/artifacts/notes.txt", data=b"not lost").ok()
    with visiting(browser, wire.url, axe=True) as visit:
        page = visit.go(f"/runs/{run_id}/artifacts/notes.txt")
        expect(page.get_by_role("article")).to_contain_text("Received, waiting for storage")
        expect(page.get_by_role("article")).to_contain_text("not lost")
        expect(page.get_by_role("navigation", name="Artifacts")).to_contain_text("storing")
        visit.check_accessible()
        page = visit.go("/ops/uploads")
        expect(page.get_by_text("notes.txt").first).to_be_visible()
        visit.go("/ops")
        expect(page.get_by_role("region", name="Uploads waiting")).to_contain_text("1")
        visit.check()
