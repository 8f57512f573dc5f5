"""Registered models over raw HTTP: names, tags, aliases, prompts, and what is refused with which words."""

from typing import Any

import pytest
from harness.wire import MISSING, Wire, fresh_name

NOBODY = "nobody has this name"
NO_SUCH_MODEL = f"Registered Model with name={NOBODY} not found"
PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
TYPE = "Invalid value {} for parameter '{}' supplied:  Hint: Value was of type '{}'.…"
CHARACTERS = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes "
    "(/)."
)

# Every call, with what it needs.
CALLS = [
    ("POST", "registered-models/create", ["name"]),
    ("GET", "registered-models/get", ["name"]),
    ("POST", "registered-models/rename", ["name", "new_name"]),
    ("PATCH", "registered-models/update", ["name"]),
    ("DELETE", "registered-models/delete", ["name"]),
    ("POST", "registered-models/get-latest-versions", ["name"]),
    ("POST", "registered-models/set-tag", ["name", "key"]),
    ("DELETE", "registered-models/delete-tag", ["name", "key"]),
    ("POST", "registered-models/alias", ["name", "alias", "version"]),
    ("GET", "registered-models/alias", ["name", "alias"]),
    ("DELETE", "registered-models/alias", ["name", "alias"]),
    ("POST", "model-versions/create", ["name", "source"]),
    ("GET", "model-versions/get", ["name", "version"]),
    ("PATCH", "model-versions/update", ["name", "version"]),
    ("DELETE", "model-versions/delete", ["name", "version"]),
    ("POST", "model-versions/transition-stage", ["name", "version", "stage"]),
    ("POST", "model-versions/set-tag", ["name", "version", "key"]),
    ("DELETE", "model-versions/delete-tag", ["name", "version", "key"]),
]


@pytest.mark.parametrize(
    ("method", "path", "missing"), [(method, path, field) for method, path, needed in CALLS for field in needed]
)
def test_what_is_required(wire: Wire, method: str, path: str, missing: str) -> None:
    name = wire.new_model()
    wire.new_version(name)
    values = {"name": name, "version": "1", "new_name": "x", "key": "k", "alias": "a", "stage": "None"}
    needed = next(fields for other, at, fields in CALLS if (other, at) == (method, path))
    fields = {field: values.get(field, "s3://bucket/x") for field in needed if field != missing}
    wire.call(method, path, **fields).invalid(MISSING.format(missing))


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [(1, "1", "int"), (["a"], '["a"]', "list"), ({}, "{}", "dict"), (True, "true", "bool")],
)
def test_a_name_that_is_no_text(wire: Wire, value: Any, text: str, kind: str) -> None:
    wire.post("registered-models/create", name=value).invalid(TYPE.format(text, "name", kind))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a/b", "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
        ("a:b", "Invalid model name 'a:b'. Names cannot contain '/' or ':'."),
        ("/", "Invalid model name '/'. Names cannot contain '/' or ':'."),
        ("../a", "Invalid model name '../a'. Names cannot contain '/' or ':'."),
        (" ", "Missing value for required parameter '…"),
        (
            "..",
            "Invalid value \"..\" for parameter 'name' supplied: Names may be treated as files in certain cases, and "
            "must not resolve to other names when treated as such. This name would resolve to '..'",
        ),
    ],
)
@pytest.mark.parametrize("path", ["create", "rename"])
def test_a_name_that_is_refused(wire: Wire, path: str, name: str, message: str) -> None:
    fields = {"name": name} if path == "create" else {"name": wire.new_model(), "new_name": name}
    wire.post(f"registered-models/{path}", **fields).invalid(message)


@pytest.mark.parametrize("word", ["é ü", "a%b", "a\\b", "a'b", 'a"b', "a&b=c?d#e", "日本語", " blank around "])
def test_an_odd_name(wire: Wire, word: str) -> None:
    name = fresh_name(word)
    made = wire.post("registered-models/create", name=name).ok()["registered_model"]
    assert made["name"] == name
    assert made["creation_timestamp"] == made["last_updated_timestamp"]
    assert wire.get("registered-models/get", name=name).ok()["registered_model"] == made
    assert wire.new_version(name)["version"] == "1"
    assert wire.get("model-versions/get", name=name, version="1").ok()["model_version"]["name"] == name


def test_a_name_that_is_taken(wire: Wire) -> None:
    name, other = wire.new_model(), wire.new_model()
    message = f"Registered Model (name={name}) already exists.…"
    wire.post("registered-models/create", name=name).refused(400, "RESOURCE_ALREADY_EXISTS", message)
    answer = wire.post("registered-models/rename", name=other, new_name=name)
    answer.refused(400, "RESOURCE_ALREADY_EXISTS", message)
    assert wire.get("registered-models/get", name=other).ok()["registered_model"]["name"] == other


def test_case_matters(wire: Wire) -> None:
    name = fresh_name("Case")
    wire.new_model(name=name)
    wire.new_model(name=name.lower())
    wire.get("registered-models/get", name=name.upper()).missing(f"Registered Model with name={name.upper()} not found")


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "registered-models/get", {}),
        ("POST", "registered-models/rename", {"new_name": "other"}),
        ("PATCH", "registered-models/update", {"description": "d"}),
        ("DELETE", "registered-models/delete", {}),
        ("POST", "registered-models/get-latest-versions", {}),
        ("POST", "registered-models/set-tag", {"key": "k", "value": "v"}),
        ("DELETE", "registered-models/delete-tag", {"key": "k"}),
        ("GET", "registered-models/alias", {"alias": "a"}),
        ("DELETE", "registered-models/alias", {"alias": "a"}),
        ("POST", "model-versions/create", {"source": "s3://bucket/x"}),
    ],
)
def test_an_unknown_model(wire: Wire, method: str, path: str, fields: dict[str, Any]) -> None:
    wire.call(method, path, name=NOBODY, **fields).missing(NO_SUCH_MODEL)


def test_a_deleted_model_is_unknown(wire: Wire) -> None:
    name = wire.new_model(tags=[{"key": "k", "value": "v"}])
    wire.new_version(name)
    wire.post("registered-models/alias", name=name, alias="a", version="1").ok()
    wire.delete("registered-models/delete", name=name).ok()
    wire.delete("registered-models/delete", name=name).missing(f"Registered Model with name={name} not found")
    wire.get("model-versions/get", name=name, version="1").missing(
        f"Model Version (name={name}, version=1) not found"
    )
    assert wire.get("model-versions/search", filter=f"name = '{name}'").ok() == {}
    # Made again, it has nothing of the old one.
    wire.new_model(name=name)
    model = wire.get("registered-models/get", name=name).ok()["registered_model"]
    assert {"tags", "aliases", "latest_versions"}.isdisjoint(model)
    assert wire.new_version(name)["version"] == "1"


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"a": "b"}, TYPE.format('{"a":"b"}', "tags", "dict")),
        ([{"key": "k" * 251, "value": "v"}], "'key' exceeds the maximum length of 250 characters"),
        ([{"key": "k", "value": "v" * 100_001}], "'value' exceeds the maximum length of 100000 characters"),
        ([{"key": "a@b", "value": "v"}], f"Invalid value \"a@b\" for parameter 'key' supplied: {CHARACTERS}"),
    ],
)
def test_tags_that_are_refused(wire: Wire, tags: Any, message: str) -> None:
    name = fresh_name("model")
    wire.post("registered-models/create", name=name, tags=tags).invalid(message)
    wire.get("registered-models/get", name=name).missing()
    if isinstance(tags, list):
        wire.post("registered-models/set-tag", name=wire.new_model(), **tags[0]).invalid(message)


def test_a_tag_twice_and_without_a_value(wire: Wire) -> None:
    tags = [{"key": "t", "value": "first"}, {"key": "t", "value": "last"}, {"key": "empty"}]
    name = wire.new_model(tags=tags)
    wire.post("registered-models/set-tag", name=name, key="set").ok()
    found = wire.get("registered-models/get", name=name).ok()["registered_model"]["tags"]
    assert sorted((t["key"], t.get("value")) for t in found) == [("empty", ""), ("set", ""), ("t", "last")]


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("a b", "Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-)."),
        ("a/b", "Invalid alias name: 'a/b'. Names may only contain alphanumerics, underscores (_), and dashes (-)."),
        ("latest", "'latest' alias name (case insensitive) is reserved."),
        ("LATEST", "'latest' alias name (case insensitive) is reserved."),
        ("v1", "Version alias name 'v1' is reserved."),
        ("V12", "Version alias name 'V12' is reserved."),
        ("a" * 256, "'Registered model alias name' exceeds the maximum length of 255 characters"),
    ],
)
def test_an_alias_that_is_refused(wire: Wire, alias: str, message: str) -> None:
    name = wire.new_model()
    wire.new_version(name)
    wire.post("registered-models/alias", name=name, alias=alias, version="1").invalid(message)
    assert "aliases" not in wire.get("registered-models/get", name=name).ok()["registered_model"]


@pytest.mark.parametrize("alias", ["1", "v1a", "é", "-", "None", "a" * 255])
def test_an_odd_alias(wire: Wire, alias: str) -> None:
    name = wire.new_model()
    wire.new_version(name)
    wire.post("registered-models/alias", name=name, alias=alias, version="1").ok()
    assert wire.get("registered-models/alias", name=name, alias=alias).ok()["model_version"]["aliases"] == [alias]


def test_aliases_that_point_nowhere(wire: Wire) -> None:
    name = wire.new_model()
    message = f"Model Version (name={name}, version=1) not found"
    wire.post("registered-models/alias", name=name, alias="a", version="1").missing(message)
    message = "Parameter 'version' must be an integer, got 'abc'."
    wire.post("registered-models/alias", name=name, alias="a", version="abc").invalid(message)
    wire.get("registered-models/alias", name=name, alias="a").invalid("Registered model alias a not found.")
    message = f"Latest version not found for model {name}."
    wire.get("registered-models/alias", name=name, alias="latest").missing(message)
    wire.delete("registered-models/alias", name=name, alias="a").ok()


def test_the_latest_version_by_alias(wire: Wire) -> None:
    name = wire.new_model()
    for _ in range(11):
        wire.new_version(name)
    wire.delete("model-versions/delete", name=name, version="11").ok()
    for alias in ("latest", "Latest"):
        found = wire.get("registered-models/alias", name=name, alias=alias).ok()["model_version"]
        assert found["version"] == "10"


def test_which_writes_count_as_a_change(wire: Wire) -> None:
    """Of the model: its description, and what becomes of its versions. Tags and aliases are no change."""
    name = wire.new_model()
    wire.new_version(name)

    def stamp() -> int:
        return wire.get("registered-models/get", name=name).ok()["registered_model"]["last_updated_timestamp"]

    before = stamp()
    wire.post("registered-models/set-tag", name=name, key="k", value="v").ok()
    wire.delete("registered-models/delete-tag", name=name, key="k").ok()
    wire.post("registered-models/alias", name=name, alias="a", version="1").ok()
    wire.delete("registered-models/alias", name=name, alias="a").ok()
    wire.post("model-versions/set-tag", name=name, version="1", key="k", value="v").ok()
    assert stamp() == before
    for call in (
        lambda: wire.patch("registered-models/update", name=name, description="d"),
        lambda: wire.post("model-versions/transition-stage", name=name, version="1", stage="Staging"),
        lambda: wire.post("model-versions/create", name=name, source="s3://bucket/x"),
        lambda: wire.delete("model-versions/delete", name=name, version="2"),
    ):
        call().ok()
        assert stamp() > before
        before = stamp()


def test_names_of_models_and_of_prompts_exclude_each_other(wire: Wire) -> None:
    model, prompt = wire.new_model(), wire.new_model(tags=PROMPT)
    clash = (
        "but the name is already taken by a {}. MLflow does not allow creating a model and a prompt with the same name."
    )
    for fields, message in (
        ({"name": prompt, "tags": PROMPT}, f"Prompt (name={prompt}) already exists.…"),
        ({"name": prompt}, f"Tried to create a registered model with name '{prompt}', {clash.format('prompt')}"),
        (
            {"name": model, "tags": PROMPT},
            f"Tried to create a prompt with name '{model}', {clash.format('registered model')}",
        ),
    ):
        wire.post("registered-models/create", **fields).refused(400, "RESOURCE_ALREADY_EXISTS", message)


def test_sources_of_prompts(wire: Wire) -> None:
    prompt = wire.new_model(tags=PROMPT)
    for number, source in enumerate(("dummy-source", "prompt-template"), 1):
        made = wire.new_version(prompt, source=source, tags=PROMPT)
        assert (made["version"], made["source"]) == (str(number), source)
    message = "Invalid prompt source: 's3://b/x'. Prompt sources must use an MLflow placeholder."
    wire.post("model-versions/create", name=prompt, source="s3://b/x", tags=PROMPT).invalid(message)
    message = "Invalid model version source: 'dummy-source'. To use a local path as a model version source,…"
    wire.post("model-versions/create", name=wire.new_model(), source="dummy-source").invalid(message)
    text = [*PROMPT, {"key": "mlflow.prompt.text", "value": "x" * 100_001}]
    message = "Prompt text exceeds max length of 100000 characters."
    wire.post("model-versions/create", name=prompt, source="dummy-source", tags=text).invalid(message)


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("registered-models/search", {"max_results": 1001}, TYPE.format('"1001"', "max_results", "str")),
        ("registered-models/search", {"max_results": "abc"}, TYPE.format('"abc"', "max_results", "str")),
        ("model-versions/search", {"max_results": 200_001}, TYPE.format('"200001"', "max_results", "str")),
        (
            "model-versions/search",
            {"max_results": 0},
            "Invalid value for max_results. It must be a positive integer, but got 0",
        ),
        (
            "model-versions/search",
            {"max_results": -1},
            "Invalid value for max_results. It must be a positive integer, but got -1",
        ),
        ("registered-models/search", {"page_token": "nonsense"}, "Invalid page token, …"),
        ("model-versions/search", {"page_token": "nonsense"}, "Invalid page token, …"),
    ],
)
def test_pages_that_are_refused(wire: Wire, path: str, fields: dict[str, Any], message: str) -> None:
    wire.get(path, **fields).invalid(message)
