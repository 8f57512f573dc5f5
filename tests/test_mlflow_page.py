"""MLflow's own page on our server, in a real browser: everything a user of experiments and runs looks at.

With RUNLEDGER_SCREENSHOTS a picture of each place is written to the folder of that name.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
import requests
from harness.browser import Visit
from harness.mlflow_page import page_folder, visiting_mlflow
from harness.runledger import Runledger
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from playwright.sync_api import Browser, Page, expect

RUNS = 6
FILES = {
    "conf.json": ('{"depth": 7}', '"depth": 7'),
    "readme.md": ("# A heading\n", "A heading"),
    "notes.txt": ("plain words", "plain words"),
    "table.csv": ("name,score\nfirst,41\n", "first"),
    "report.html": (
        "<p id=said></p><script>said.textContent = 'it ' + 'runs'; parent.document.title = 'stolen'</script>",
        "it runs",
    ),
}
# What an experiment's other tabs say while there is nothing to show.
TABS = {
    "": "No data available for the selected time range",
    "/traces": "Start tracing your LLM application",
    "/datasets": "Create an evaluation dataset",
    "/judges": "Create and manage judges",
    "/models": "Track and compare versions",
}

@dataclass
class Site:
    """A server with an experiment of a few runs; `place` is where MLflow's page is."""

    url: str
    experiment_id: str
    run_ids: list[str]
    place: str = "/mlflow/"

    def experiment(self, rest: str = "") -> str:
        return f"{self.place}#/experiments/{self.experiment_id}{rest}"

    def run(self, number: int, rest: str = "") -> str:
        return self.experiment(f"/runs/{self.run_ids[number]}{rest}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("mlflow-page")
    server = Runledger(folder, flags=("--mlflow-ui", str(page_folder()), "--mlflow-ui-at-root"))
    server.start()
    try:
        mlflow.set_tracking_uri(server.url)
        experiment_id = mlflow.create_experiment("digits")
        client = MlflowClient(server.url, registry_uri=server.url)
        run_ids = [make_run(client, experiment_id, number) for number in range(RUNS)]
        for name, (content, _) in FILES.items():
            (folder / name).write_text(content)
            client.log_artifact(run_ids[0], str(folder / name), "files" if name == "notes.txt" else None)
        yield Site(server.url, experiment_id, run_ids)
    finally:
        server.kill()


def make_run(client: MlflowClient, experiment_id: str, number: int) -> str:
    run_id = client.create_run(experiment_id, run_name=f"run-{number}").info.run_id
    metrics = [Metric("loss", 1 / (step + 1 + number), 1000 + step, step) for step in range(20)]
    params = [Param("lr", f"0.{number}"), Param("optimizer", "adam" if number % 2 else "sgd")]
    client.log_batch(run_id, metrics=metrics, params=params)
    client.set_terminated(run_id)
    return run_id


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting_mlflow(browser, site.url) as visit:
        yield visit


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("RUNLEDGER_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(700)
        page.screenshot(path=f"{folder}/mlflow-{name}.png")


def expect_names(page: Page, *numbers: int) -> None:
    """The runs in the table from the top, which is not their order in the document."""
    page.wait_for_function(
        """names => {
            const rows = [...document.querySelectorAll('.ag-center-cols-container .ag-row, .ag-pinned-left-cols-container .ag-row')]
            const runs = rows.flatMap(row => [...row.querySelectorAll("a[href*='/runs/']")].map(a => [+row.getAttribute('row-index'), a.innerText]))
            return JSON.stringify(runs.sort((a, b) => a[0] - b[0]).map(run => run[1])) === JSON.stringify(names)
        }""",
        arg=[f"run-{number}" for number in numbers],
    )


def test_the_list_of_experiments(visit: Visit, site: Site) -> None:
    page = visit.go(f"{site.place}#/experiments")
    link = page.get_by_role("link", name="digits")
    expect(link).to_be_visible()
    picture(page, "experiments")
    link.click()
    expect(page).to_have_url(re.compile(f"/experiments/{site.experiment_id}"))
    expect(page.get_by_text("digits").first).to_be_visible()
    picture(page, "experiment")


def test_the_table_of_runs_is_filtered_and_sorted(visit: Visit, site: Site) -> None:
    page = visit.go(site.experiment("/runs"))
    expect_names(page, 5, 4, 3, 2, 1, 0)
    picture(page, "runs")
    line = page.get_by_placeholder("metrics.rmse")
    line.fill("params.optimizer = 'adam' and metrics.loss > 0.041")
    line.press("Enter")
    expect_names(page, 3, 1)
    page.get_by_role("button", name="Sort: Created").click()
    page.get_by_role("menu").get_by_text("loss", exact=True).click()
    expect_names(page, 1, 3)
    picture(page, "runs-sorted")


def test_charts(visit: Visit, site: Site) -> None:
    page = visit.go(site.experiment("/runs?compareRunsMode=CHART"))
    chart = page.locator(".js-plotly-plot").first
    expect(chart.locator(".scatterlayer .trace").nth(RUNS - 1)).to_be_attached()
    picture(page, "charts")


def test_a_run(visit: Visit, site: Site) -> None:
    page = visit.go(site.run(0))
    expect(page.get_by_role("heading", name="run-0")).to_be_visible()
    for text in ("optimizer", "sgd", "loss", site.run_ids[0]):
        expect(page.get_by_text(text).first).to_be_visible()
    picture(page, "run")
    page = visit.go(site.run(0, "/model-metrics"))
    expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
    picture(page, "run-metrics")


def test_artifacts_are_shown(visit: Visit, site: Site) -> None:
    page = visit.go(site.run(0, "/artifacts"))
    expect(page.get_by_text("files", exact=True)).to_be_visible()
    for name, (_, shown) in FILES.items():
        if name == "notes.txt":
            page.get_by_text("files", exact=True).click()
        page.get_by_text(name, exact=True).first.click()
        place = page.frame_locator("iframe") if name == "report.html" else page
        expect(place.get_by_text(shown).first).to_be_visible()
        picture(page, f"artifact-{name.split('.')[1]}")
    assert page.title() != "stolen"
    # The script of the report tries to reach the page, and says that it cannot.
    visit.complaints = [each for each in visit.complaints if "Blocked a frame with origin" not in each]


def test_runs_are_compared(visit: Visit, site: Site) -> None:
    runs, experiments = json.dumps(site.run_ids[:3]), json.dumps([site.experiment_id])
    page = visit.go(f"{site.place}#/compare-runs?runs={runs}&experiments={experiments}")
    expect(page.get_by_role("heading", name="Comparing 3 Runs from 1 Experiment")).to_be_visible()
    expect(page.get_by_role("link", name=site.run_ids[2])).to_be_visible()
    picture(page, "compare")


def test_parts_that_are_not_here_show_themselves_empty(visit: Visit, site: Site) -> None:
    for tab, shown in TABS.items():
        page = visit.go(site.experiment(tab))
        expect(page.get_by_role("main").get_by_text(shown).first).to_be_visible()
        picture(page, f"tab{tab.replace('/', '-')}")


def test_the_page_at_the_root_and_ours_beside_it(visit: Visit, site: Site) -> None:
    page = visit.go("/#/experiments")
    expect(page.get_by_role("link", name="digits")).to_be_visible()
    expect(page).to_have_title("Experiments - MLflow")
    ours = requests.get(f"{site.url}/experiments", timeout=10)
    assert (ours.status_code, "MLflow" in ours.text) == (200, False)


def test_registered_models(visit: Visit, site: Site) -> None:
    client = mlflow.MlflowClient(site.url, registry_uri=site.url)
    client.create_registered_model("classifier", description="Tells digits apart")
    client.log_text(site.run_ids[0], "artifact_path: model\nflavors: {}\n", "model/MLmodel")
    source = f"runs:/{site.run_ids[0]}/model"
    for description in ("the first", "the second"):
        client.create_model_version("classifier", source, run_id=site.run_ids[0], description=description)
    client.set_registered_model_alias("classifier", "champion", "2")
    page = visit.go(f"{site.place}#/models")
    # The page announces its present look in a dialog.
    expect(page.locator("a[href='#/models/classifier']").first).to_be_attached()
    picture(page, "models")
    page = visit.go(f"{site.place}#/models/classifier")
    for text in ("Tells digits apart", "Version 1", "Version 2", "champion"):
        expect(page.get_by_text(text).first).to_be_visible()
    picture(page, "model")
    page = visit.go(f"{site.place}#/models/classifier/versions/2")
    expect(page.get_by_text("the second").first).to_be_visible()
    picture(page, "model-version")


def test_how_files_of_the_page_are_served(site: Site) -> None:
    def get(path: str) -> requests.Response:
        return requests.get(site.url + path, timeout=10, allow_redirects=False)

    assert get("/mlflow").headers["location"] == "mlflow/"
    for place in ("/mlflow/", "/"):
        index = get(place)
        assert (index.status_code, index.headers["cache-control"]) == (200, "no-cache")
        script = re.search(r"static-files/static/js/main\.\w+\.js", index.text)
        assert script is not None
        answer = get(place + script[0])
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=2419200")
        assert "javascript" in answer.headers["content-type"]
        for outside in ("static-files/no-such-file", "static-files/..%2f..%2fhandlers.py", "static-files/%2e%2e/app.py"):
            missing = get(place + outside)
            assert missing.status_code == 404, outside
            assert "cache-control" not in missing.headers


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    server = Runledger(tmp_path, flags=("--mlflow-ui", str(tmp_path)))
    with pytest.raises(AssertionError, match="ended with 1") as refused:
        server.start()
    said = str(refused.value)
    assert f"the setting mlflow-ui is {tmp_path}, where there is no index.html" in said
    assert 'python -c "import mlflow.server, os' in said
