"""Versions of registered models over raw HTTP: numbers, stages, and the sources that are taken and refused."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from harness.wire import Wire

UNKNOWN_RUN = "f" * 32
UNKNOWN_MODEL = "m-" + "0" * 32
LOCAL = (
    "Invalid model version source: '{source}'. To use a local path as a model version source, the run_id request "
    "parameter has to be specified and the local path has to be contained within the artifact directory of the run "
    "specified by the run_id."
)
OF_THE_RUN = (
    "Invalid model version source: '{source}'. The run_id request parameter must identify the resource that contains "
    "the source."
)
OF_THE_MODEL = OF_THE_RUN.replace("run_id", "model_id")
A_WAY_OUT = (
    "Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, "
    "objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. "
    "Please provide an absolute path."
)
A_FOREIGN_HOST = "'source' cannot use the '{scheme}' scheme: …"


@dataclass(frozen=True)
class Setting:
    """What sources are about, by the names that stand for it in the cases below."""

    name: str
    places: dict[str, str]

    def filled_in(self, text: str) -> str:
        for word, value in self.places.items():
            text = text.replace(f"<{word}>", value)
        return text


@pytest.fixture(scope="session")
def setting() -> Callable[[str], Setting]:
    """A registered model with a version, runs and logged models, by the server's URL."""

    @cache
    def make(url: str) -> Setting:
        wire = Wire(url)
        experiment_id = wire.new_experiment()
        run, other = wire.new_run(experiment_id), wire.new_run(experiment_id)
        model = wire.new_logged_model(experiment_id, name="m", source_run_id=run)
        name = wire.new_model()
        wire.new_version(name)
        places = {
            "run": run,
            "other": other,
            "files": wire.run(run)["info"]["artifact_uri"],
            "model": model["model_id"],
            "model files": model["artifact_uri"],
            "other model": wire.new_logged_model(experiment_id, name="n")["model_id"],
            "name": name,
        }
        return Setting(name, places)

    return make


def create(wire: Wire, setting: Setting, source: str, fields: dict[str, str]) -> Any:
    fields = {key: setting.filled_in(value) for key, value in fields.items()}
    return wire.post("model-versions/create", name=setting.name, source=setting.filled_in(source), **fields)


RUN, MODEL = {"run_id": "<run>"}, {"model_id": "<model>"}


@pytest.mark.parametrize(
    ("source", "fields", "run_id", "download"),
    [
        ("<files>/model", RUN, "<run>", "<files>/model"),
        ("<files>", RUN, "<run>", "<files>"),
        ("runs:/<run>/model", RUN, "<run>", "runs:/<run>/model"),
        ("s3://bucket/x", {}, "", "s3://bucket/x"),
        ("s3://bucket/x", {"run_id": UNKNOWN_RUN}, UNKNOWN_RUN, "s3://bucket/x"),
        ("gs://bucket/x", {}, "", "gs://bucket/x"),
        ("dbfs:/x", {}, "", "dbfs:/x"),
        ("models:/<model>", MODEL, "<run>", "<model files>"),
        ("<model files>", MODEL, "<run>", "<model files>"),
        ("<model files>/part", MODEL, "<run>", "<model files>/part"),
        ("models:/<name>/1", {}, "", "s3://bucket/model"),
    ],
)
def test_a_source_that_is_taken(
    wire: Wire, setting: Callable[[str], Setting], source: str, fields: dict[str, str], run_id: str, download: str
) -> None:
    there = setting(wire.url)
    made = create(wire, there, source, fields).ok()["model_version"]
    assert made["source"] == there.filled_in(source)
    assert made["run_id"] == there.filled_in(run_id)
    assert (made["status"], made["current_stage"], made["description"]) == ("READY", "None", "")
    found = wire.get("model-versions/get", name=there.name, version=made["version"]).ok()["model_version"]
    assert found == made
    uri = wire.get("model-versions/get-download-uri", name=there.name, version=made["version"]).ok()["artifact_uri"]
    assert uri == there.filled_in(download)


@pytest.mark.parametrize(
    ("source", "fields", "message"),
    [
        ("<files>/model", {"run_id": "<other>"}, OF_THE_RUN),
        ("<files>/model", {}, OF_THE_RUN),
        ("<files>/model", {"run_id": UNKNOWN_RUN}, OF_THE_RUN),
        ("<files>x/model", RUN, OF_THE_RUN),
        ("<model files>", RUN, OF_THE_RUN),
        ("<model files>", {"model_id": "<other model>"}, OF_THE_MODEL),
        ("runs:/<run>/model", {"run_id": "<other>"}, OF_THE_RUN),
        ("runs:/<run>/model", {}, OF_THE_RUN),
        ("runs://host/<run>/model", RUN, OF_THE_RUN),
        ("models:/<model>", {}, OF_THE_MODEL),
        ("models:/<model>", {"model_id": "<other model>"}, OF_THE_MODEL),
        (f"models:/{UNKNOWN_MODEL}", {}, OF_THE_MODEL),
        ("<files>/../x", RUN, A_WAY_OUT),
        ("<files>/%2e%2e/x", RUN, A_WAY_OUT),
        ("<files>/%252e%252e/x", RUN, A_WAY_OUT),
        ("runs:/<run>/../../x", RUN, A_WAY_OUT),
        ("s3://bucket/../x", {}, A_WAY_OUT),
        ("/etc/passwd", {}, LOCAL),
        ("/etc/passwd", RUN, LOCAL),
        ("file:/etc", {}, LOCAL),
        ("model", {}, LOCAL),
        ("dummy-source", {}, LOCAL),
        ("http://host/x", {}, A_FOREIGN_HOST.format(scheme="http")),
        ("https://host/x", {}, A_FOREIGN_HOST.format(scheme="https")),
        ("ftp://host/x", {}, A_FOREIGN_HOST.format(scheme="ftp")),
        ("sftp://host/x", {}, A_FOREIGN_HOST.format(scheme="sftp")),
        ("hdfs://host/x", {}, A_FOREIGN_HOST.format(scheme="hdfs")),
        ("mlflow-artifacts://host/x", RUN, A_FOREIGN_HOST.format(scheme="mlflow-artifacts")),
    ],
)
def test_a_source_that_is_refused(
    wire: Wire, setting: Callable[[str], Setting], source: str, fields: dict[str, str], message: str
) -> None:
    there = setting(wire.url)
    answer = create(wire, there, source, fields)
    answer.invalid(message.format(source=there.filled_in(source)))


@pytest.mark.parametrize("source", ["file:///etc/passwd", "file://host/etc", "s3://bucket/\0x", "<files>/..\\x/../y"])
def test_a_source_that_is_refused_in_any_words(
    wire: Wire, setting: Callable[[str], Setting], source: str
) -> None:
    assert create(wire, setting(wire.url), source, RUN).status in {400, 500}


@pytest.mark.parametrize(
    ("source", "fields", "message"),
    [
        ("models:/<name>/99", {}, "Model Version (name=<name>, version=99) not found"),
        ("models:/nobody has this name/1", {}, "Registered Model with name=nobody has this name not found"),
        ("s3://bucket/x", {"model_id": UNKNOWN_MODEL}, f"Logged model with ID '{UNKNOWN_MODEL}' not found."),
    ],
)
def test_a_source_that_is_missing(
    wire: Wire, setting: Callable[[str], Setting], source: str, fields: dict[str, str], message: str
) -> None:
    there = setting(wire.url)
    create(wire, there, source, fields).missing(there.filled_in(message))


def test_an_unknown_logged_model(wire: Wire, setting: Callable[[str], Setting]) -> None:
    """The reference breaks at it; what counts is that there is no version afterwards."""
    there = setting(wire.url)
    answer = create(wire, there, f"models:/{UNKNOWN_MODEL}", {"model_id": UNKNOWN_MODEL})
    assert answer.status in {400, 404, 500}
    assert UNKNOWN_MODEL in answer.body["message"]


@pytest.mark.parametrize("version", ["abc", "1.5", "1.0", "True"])
@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "model-versions/get", {}),
        ("GET", "model-versions/get-download-uri", {}),
        ("PATCH", "model-versions/update", {"description": "d"}),
        ("DELETE", "model-versions/delete", {}),
        ("POST", "model-versions/set-tag", {"key": "k", "value": "v"}),
        ("DELETE", "model-versions/delete-tag", {"key": "k"}),
        ("POST", "model-versions/transition-stage", {"stage": "Staging"}),
    ],
)
def test_a_version_that_is_no_number(
    wire: Wire, setting: Callable[[str], Setting], method: str, path: str, fields: dict[str, str], version: str
) -> None:
    answer = wire.call(method, path, name=setting(wire.url).name, version=version, **fields)
    answer.invalid(f"Parameter 'version' must be an integer, got '{version}'.")


@pytest.mark.parametrize("version", ["0", "-1", "99", "2147483647"])
@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "model-versions/get", {}),
        ("GET", "model-versions/get-download-uri", {}),
        ("PATCH", "model-versions/update", {"description": "d"}),
        ("DELETE", "model-versions/delete", {}),
        ("POST", "model-versions/set-tag", {"key": "k", "value": "v"}),
        ("DELETE", "model-versions/delete-tag", {"key": "k"}),
        ("POST", "model-versions/transition-stage", {"stage": "Staging"}),
        ("POST", "registered-models/alias", {"alias": "a"}),
    ],
)
def test_an_unknown_version(
    wire: Wire, setting: Callable[[str], Setting], method: str, path: str, fields: dict[str, str], version: str
) -> None:
    name = setting(wire.url).name
    answer = wire.call(method, path, name=name, version=version, **fields)
    answer.missing(f"Model Version (name={name}, version={version}) not found")


def test_a_number_that_no_version_can_have(wire: Wire, setting: Callable[[str], Setting]) -> None:
    """The reference breaks at it."""
    answer = wire.get("model-versions/get", name=setting(wire.url).name, version="9" * 30)
    assert answer.status in {400, 404, 500}


@pytest.mark.parametrize("stage", ["live", "Archived ", "Prod"])
def test_a_stage_that_is_refused(wire: Wire, stage: str) -> None:
    name = wire.new_model()
    wire.new_version(name)
    message = f"Invalid Model Version stage: {stage}. Value must be one of None, Staging, Production, Archived."
    wire.post("model-versions/transition-stage", name=name, version="1", stage=stage).invalid(message)
    wire.post("registered-models/get-latest-versions", name=name, stages=[stage]).invalid(message)
    assert wire.get("model-versions/get", name=name, version="1").ok()["model_version"]["current_stage"] == "None"


@pytest.mark.parametrize("stage", ["None", "Archived", "archived"])
def test_archiving_for_a_stage_that_is_not_active(wire: Wire, stage: str) -> None:
    """The client's mistake, for which the reference blames itself."""
    name = wire.new_model()
    wire.new_version(name)
    fields = {"name": name, "version": "1", "stage": stage, "archive_existing_versions": True}
    answer = wire.post("model-versions/transition-stage", **fields)
    assert answer.status in {400, 500}
    assert answer.body["message"] == (
        f"Model version transition cannot archive existing model versions because '{stage}' is not an Active stage. "
        "Valid stages are ['Staging', 'Production']"
    )


@pytest.mark.parametrize(("written", "stage"), [("none", "None"), ("PRODUCTION", "Production"), ("sTaGiNg", "Staging")])
def test_stages_in_any_case(wire: Wire, written: str, stage: str) -> None:
    name = wire.new_model()
    wire.new_version(name)
    answer = wire.post("model-versions/transition-stage", name=name, version="1", stage=written)
    assert answer.ok()["model_version"]["current_stage"] == stage
    latest = wire.post("registered-models/get-latest-versions", name=name, stages=[written]).ok()["model_versions"]
    assert [version["current_stage"] for version in latest] == [stage]


def test_latest_versions_by_get(wire: Wire) -> None:
    name = wire.new_model()
    for _ in range(2):
        wire.new_version(name)
    found = wire.get("registered-models/get-latest-versions", name=name, stages="None").ok()["model_versions"]
    assert [version["version"] for version in found] == ["2"]
    wire.get("registered-models/get-latest-versions", name=name, stages="Staging").ok()


def test_a_description_is_text(wire: Wire) -> None:
    message = "Invalid value 1 for parameter 'description' supplied:  Hint: Value was of type 'int'.…"
    name = wire.new_model()
    wire.post("model-versions/create", name=name, source="s3://b/x", description=1).invalid(message)
    long = "é" * 6000
    assert wire.new_version(name, description=long)["description"] == long


def test_which_writes_count_as_a_change(wire: Wire) -> None:
    name = wire.new_model()
    for _ in range(2):
        wire.new_version(name)

    def stamps() -> list[int]:
        found = [wire.get("model-versions/get", name=name, version=v).ok()["model_version"] for v in "12"]
        return [version["last_updated_timestamp"] for version in found]

    before = stamps()
    wire.post("model-versions/set-tag", name=name, version="1", key="k", value="v").ok()
    wire.post("registered-models/alias", name=name, alias="a", version="1").ok()
    assert stamps() == before
    wire.patch("model-versions/update", name=name, version="1", description="d").ok()
    assert [after > old for after, old in zip(stamps(), before, strict=True)] == [True, False]
    wire.post("model-versions/transition-stage", name=name, version="1", stage="Production").ok()
    before = stamps()
    fields = {"name": name, "version": "2", "stage": "Production", "archive_existing_versions": True}
    wire.post("model-versions/transition-stage", **fields).ok()
    assert all(after > old for after, old in zip(stamps(), before, strict=True))


def test_a_logged_model_names_the_versions_made_of_it(wire: Wire) -> None:
    model = wire.new_logged_model(name="m")
    name = wire.new_model()
    for _ in range(2):
        wire.new_version(name, source=f"models:/{model['model_id']}", model_id=model["model_id"])
    tags = wire.get(f"logged-models/{model['model_id']}").ok()["model"]["info"]["tags"]
    expected = f'[{{"name": "{name}", "version": 1}}, {{"name": "{name}", "version": 2}}]'
    assert tags == [{"key": "mlflow.modelVersions", "value": expected}]
