"""The registry, the logged models and the webhooks in a real browser: everything that can be looked at and changed there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import _starter
from harness.browser import Visit, visiting
from harness.receiver import Receiver, receiving
from harness.waiting import wait_until
from harness.wire import Wire, fresh_name
from mlflow import MlflowClient
from playwright.sync_api import Browser, Locator, Page, expect


@dataclass
class Registry:
    wire: Wire
    client: MlflowClient


# What the pages do is the same on both databases; that the calls behind them are is shown without a browser.
@pytest.fixture(scope="module")
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with _starter("runledger-sqlite", request, tmp_path_factory.mktemp("models")) as start:
        url = start(flags=("--private-webhooks",)).url
        yield Registry(Wire(url), MlflowClient(url, registry_uri=url))


@pytest.fixture
def visit(browser: Browser, registry: Registry) -> Iterator[Visit]:
    with visiting(browser, registry.wire.url, axe=True) as visit:
        yield visit
        visit.check_accessible()
        visit.check()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def closed(page: Page) -> None:
    """What is typed stands in its box too until the box is gone."""
    expect(dialog_of(page)).to_have_count(0)
    expect(page.locator("textarea")).to_have_count(0)


def test_a_model_is_made_described_renamed_and_deleted(visit: Visit, registry: Registry) -> None:
    name = fresh_name("churn")
    page = visit.go("/models")
    page.get_by_role("button", name="New model").click()
    visit.check_accessible()
    dialog_of(page).get_by_label("Name").fill(name)
    dialog_of(page).get_by_label(re.compile("Description")).fill("Who **leaves**")
    dialog_of(page).get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("strong", has_text="leaves")).to_be_visible()
    assert registry.client.get_registered_model(name).description == "Who **leaves**"

    # A name that is taken is refused in the dialog, which stays.
    page.goto(f"{visit.url}/models")
    page.get_by_role("button", name="New model").click()
    dialog_of(page).get_by_label("Name").fill(name)
    dialog_of(page).get_by_role("button", name="Create").click()
    expect(dialog_of(page).get_by_role("alert")).to_contain_text(name)
    dialog_of(page).get_by_role("button", name="Cancel").click()
    visit.complaints = [each for each in visit.complaints if "400" not in each]

    page.get_by_role("searchbox", name="Search models").fill(name[:12])
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Edit the description").click()
    page.get_by_role("textbox", name="Description in Markdown").fill("Nobody")
    page.keyboard.press("Control+Enter")
    closed(page)
    expect(page.get_by_text("Nobody")).to_be_visible()
    page.get_by_role("button", name="Add a tag").click()
    dialog_of(page).get_by_label("Key").fill("team")
    dialog_of(page).get_by_label("Value").fill("growth")
    dialog_of(page).get_by_role("button", name="Save").click()
    closed(page)
    expect(page.get_by_text("growth")).to_be_visible()
    wait_until("the tag is set", lambda: registry.client.get_registered_model(name).tags == {"team": "growth"})

    page.get_by_role("button", name="Rename").click()
    dialog_of(page).get_by_label("Name").fill(f"{name} again")
    dialog_of(page).get_by_role("button", name="Rename").click()
    expect(page).to_have_url(re.compile("again$"))
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Delete").click()
    delete = dialog_of(page).get_by_role("button", name="Delete")
    expect(delete).to_be_disabled()
    dialog_of(page).get_by_role("textbox").fill(name)
    delete.click()
    expect(page).to_have_url(re.compile("/models$"))
    registry.wire.get("registered-models/get", name=name).missing()


def test_versions_have_aliases_stages_and_the_run_they_come_from(visit: Visit, registry: Registry) -> None:
    wire, client = registry.wire, registry.client
    name = wire.new_model()
    run_id = wire.new_run(run_name="trained here")
    for number in (1, 2):
        wire.new_version(name, run_id=run_id, description=f"try {number}")
    page = visit.go(f"/models/{name}")
    table = page.get_by_role("region", name="Table of versions")
    expect(table.get_by_role("row", name=re.compile("Version 2"))).to_contain_text("trained here")
    page.get_by_role("button", name="Add an alias").click()
    dialog_of(page).get_by_label("Alias").fill("champion")
    dialog_of(page).get_by_label("Version").select_option("1")
    dialog_of(page).get_by_role("button", name="Set").click()
    expect(table.get_by_role("row", name=re.compile("Version 1"))).to_contain_text("champion")
    visit.check_accessible()
    # On the page of another version the alias moves there, and says so.
    page.get_by_role("link", name="Version 2").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Version 2")
    page.get_by_role("button", name="Add an alias").click()
    dialog_of(page).get_by_label("Alias").fill("champion")
    expect(dialog_of(page).get_by_role("status")).to_contain_text("from version 1")
    dialog_of(page).get_by_role("button", name="Set").click()
    expect(dialog_of(page)).to_have_count(0)
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    page.get_by_role("button", name="Change the stage").click()
    dialog_of(page).get_by_label("Stage").select_option("Production")
    dialog_of(page).get_by_role("button", name="Change").click()
    closed(page)
    expect(page.get_by_text("Production").first).to_be_visible()
    assert client.get_model_version(name, "2").current_stage == "Production"
    page.get_by_role("button", name="Edit the description").click()
    page.get_by_role("textbox", name="Description in Markdown").fill("better")
    page.get_by_role("button", name="Save").click()
    closed(page)
    expect(page.get_by_text("better")).to_be_visible()
    expect(page.get_by_text("models:/").first).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Remove the alias champion").click()
    # Until it is said, the latest thing to undo is another.
    expect(page.get_by_text("Removed the alias champion")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("button", name="Remove the alias champion")).to_be_visible()

    page.get_by_role("link", name="trained here").first.click()
    expect(page).to_have_url(re.compile(f"/runs/{run_id}"))
    expect(page.get_by_role("link", name=f"{name} version 2")).to_be_visible()
    page.get_by_role("link", name=f"{name} version 1").click()
    page.get_by_role("button", name="Delete").click()
    dialog_of(page).get_by_role("textbox").fill("1")
    dialog_of(page).get_by_role("button", name="Delete").click()
    expect(table.get_by_role("row")).to_have_count(2)


def test_logged_models_are_found_from_their_run_and_experiment(visit: Visit, registry: Registry, tmp_path: Path) -> None:
    wire = registry.wire
    experiment_id = wire.new_experiment()
    run_id = wire.new_run(experiment_id, run_name="trainer")
    model = wire.new_logged_model(
        experiment_id,
        name="forest",
        source_run_id=run_id,
        params=[{"key": "depth", "value": "3"}],
        tags=[{"key": "kind", "value": "tree"}],
    )
    model_id = model["model_id"]
    metric = {"key": "f1", "value": 0.93, "timestamp": 1, "step": 0, "model_id": model_id}
    wire.post("runs/outputs", run_id=run_id, models=[{"model_id": model_id, "step": 3}]).ok()
    wire.post("runs/log-batch", run_id=run_id, metrics=[metric]).ok()
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    registry.client.log_model_artifacts(model_id, str(tmp_path))
    wire.patch(f"logged-models/{model_id}", model_id=model_id, status="LOGGED_MODEL_READY")

    page = visit.go(f"/runs/{run_id}")
    page.get_by_role("link", name="forest").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("forest")
    for text in ("depth", "tree", "0.93", "MLmodel"):
        expect(page.get_by_text(text).first).to_be_visible()
    visit.check_accessible()
    page.get_by_text("MLmodel").first.click()
    expect(page.get_by_text("flavors").first).to_be_visible()

    page = visit.go(f"/experiments/{experiment_id}/models")
    expect(page.get_by_role("row", name=re.compile("forest"))).to_contain_text("0.93")
    visit.check_accessible()
    box = page.get_by_role("searchbox", name="Search logged models")
    box.fill("metrics.f1 > 0.99")
    expect(page.get_by_text("No model matches")).to_be_visible()
    box.fill("fores")
    expect(page.get_by_role("row", name=re.compile("forest"))).to_be_visible()


def test_the_palette_finds_a_model(visit: Visit, registry: Registry) -> None:
    name = registry.wire.new_model()
    page = visit.go("/experiments")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type(name)
    expect(page.get_by_role("option", name=re.compile(name))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_webhook_is_made_tested_watched_and_deleted(visit: Visit, registry: Registry, receiver: Receiver) -> None:
    page = visit.go("/ops/webhooks")
    page.get_by_role("button", name="New webhook").click()
    visit.check_accessible()
    dialog = dialog_of(page)
    dialog.get_by_label("Name").fill("ci")
    dialog.get_by_label("URL").fill("ftp://nowhere")
    dialog.get_by_role("group", name="Registered models").get_by_role("checkbox").first.check()
    dialog.get_by_label(re.compile("Secret")).fill("s3cret")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    visit.complaints = [each for each in visit.complaints if "400" not in each]
    dialog.get_by_label("URL").fill(receiver.url)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row", name=re.compile("ci"))
    expect(row).to_contain_text(receiver.url)
    visit.check_accessible()

    row.get_by_role("button", name="Send test").click()
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("status")).to_contain_text("The receiver took it · HTTP 200")
    dialog.get_by_role("button", name="Close").last.click()
    receiver.taken.clear()
    receiver.status = 500
    registry.wire.new_model()
    wait_until("a delivery was refused", lambda: receiver.refused > 0)
    row.get_by_role("link", name="ci").click()
    log = page.get_by_role("region", name="Log of deliveries")
    expect(log.get_by_role("row").nth(1)).to_contain_text("500")
    log.get_by_role("button", name=re.compile("^Body of")).click()
    expect(log.locator("pre")).to_contain_text("registered_model")
    visit.check_accessible()
    receiver.status = 200
    log.get_by_role("button", name=re.compile("^Deliver again")).click()
    wait_until("it came", lambda: len(receiver.taken) > 0)
    expect(log.get_by_role("row").nth(1)).to_contain_text("Delivered", timeout=20_000)

    page.get_by_role("button", name="More actions for ci").click()
    page.get_by_role("menuitem", name="Disable").click()
    expect(page.get_by_text("Disabled “ci”")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Enabled “ci”")).to_be_visible()
    page.get_by_role("button", name="More actions for ci").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No webhooks")).to_be_visible()
    assert list(registry.client.list_webhooks()) == []
