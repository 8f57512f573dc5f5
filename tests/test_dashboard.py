"""Dashboard and alerts, evaluated by a real Prometheus over a deployment under load; and the runbooks they lead to."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from harness.deployment import Services
from harness.load import Writer
from harness.prometheus import COMPOSE, Prometheus, promtool, scraping
from harness.runledger import REPOSITORY
from harness.waiting import wait_until
from harness.wire import Wire

ALERTS = COMPOSE / "alerts.yml"
DASHBOARD = REPOSITORY / "compose" / "grafana" / "dashboards" / "runledger.json"


def queries() -> list[tuple[str, str]]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]


def alerts() -> list[Any]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def prometheus(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Scrapes a deployment with several processes of a role, which is written to all the while."""
    folder = tmp_path_factory.mktemp("dashboard")
    with services.deployment(folder / "deployment") as deployment:
        deployment.start(apis=2, workers=1, projectors=2)
        writers = []
        for number, api in enumerate(deployment.apis):
            run_id = Wire(api.url).new_run("0")
            writers.append(Writer(api.url, run_id, f"writer{number}"))
        with scraping(deployment, services.broker.metrics, folder / "prometheus") as prometheus:
            for writer in writers:
                writer.start()
            Wire(deployment.apis[0].url).get("runs/get", run_id="no-such-run").missing()
            yield prometheus
            for writer in writers:
                writer.finish()


def test_every_query_of_the_dashboard_has_something_to_show(prometheus: Prometheus) -> None:
    asked = queries()
    assert len(asked) > 30

    def empty() -> list[tuple[str, str]]:
        return [(title, query) for title, query in asked if not finite(prometheus.query(query))]

    seen: list[tuple[str, str]] = []

    def complete() -> bool:
        seen[:] = empty()
        return not seen

    try:
        wait_until("every panel shows something", complete, limit=30, interval=0.5)
    except AssertionError:
        raise AssertionError(f"nothing to show: {seen}") from None


def test_every_alert_can_be_evaluated(prometheus: Prometheus) -> None:
    for alert in alerts():
        prometheus.query(alert["expr"])
    wait_until("the rules are evaluated", lambda: all(rule["health"] != "unknown" for rule in prometheus.rules()))
    rules = prometheus.rules()
    assert {rule["name"] for rule in rules} == {alert["alert"] for alert in alerts()}
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
    firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
    assert firing == [], "a healthy deployment under load is nothing to be told of"


def test_the_rules_are_right_by_promtool() -> None:
    promtool("check", "rules", str(ALERTS))
    promtool("test", "rules", str(COMPOSE / "alerts.test.yml"))


def test_every_alert_leads_to_its_runbook() -> None:
    page = (REPOSITORY / "docs" / "operating.md").read_text()
    section = page.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    headings = [heading.lower() for heading in re.findall(r"^### (\w+)$", section, re.MULTILINE)]
    links = [alert["annotations"]["runbook"] for alert in alerts()]
    assert links == [f"docs/operating.md#{alert['alert'].lower()}" for alert in alerts()]
    assert sorted(headings) == sorted(alert["alert"].lower() for alert in alerts())


def finite(series: list[Any]) -> list[Any]:
    return [each for each in series if each["value"][1] != "NaN"]
