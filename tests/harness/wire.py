"""Raw HTTP to a tracking server, for what the client library hides: status codes, error bodies, odd requests."""

import uuid
from dataclasses import dataclass
from typing import Any

import requests

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MISSING = "Missing value for required parameter '{}'. See the API docs for more information about request parameters."


@dataclass(frozen=True)
class Answer:
    """A status and the JSON body, `{}` when there is none."""

    status: int
    body: Any
    headers: dict[str, str]

    def ok(self) -> Any:
        assert self.status == 200, f"{self.status}: {self.body}"
        return self.body

    def refused(self, status: int, error_code: str, message: str | None = None) -> str:
        """Checks the error; `message` may be a beginning that ends in an ellipsis. Returns the whole message."""
        seen = (self.status, self.body.get("error_code"), self.body.get("message"))
        assert seen[:2] == (status, error_code), seen
        if message is not None and message.endswith("…"):
            assert seen[2].startswith(message[:-1]), seen
        elif message is not None:
            assert seen[2] == message, seen
        assert seen[2], "an error has to say what is wrong"
        return seen[2]

    def invalid(self, message: str | None = None) -> str:
        return self.refused(400, "INVALID_PARAMETER_VALUE", message)

    def missing(self, message: str | None = None) -> str:
        return self.refused(404, "RESOURCE_DOES_NOT_EXIST", message)


class Wire:
    """Requests to one server, by path below `/api/2.0/mlflow`."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url = url
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Any request, by its path from the root of the server."""
        response = self.session.request(method, self.url + path, timeout=self.timeout, **options)
        try:
            body = response.json() if response.content else {}
        except requests.JSONDecodeError:
            body = {"text": response.text}
        return Answer(response.status_code, body, {k.lower(): v for k, v in response.headers.items()})

    def post(self, path: str, /, **fields: Any) -> Answer:
        return self.request("POST", f"{API}/{path}", json=fields)

    def get(self, path: str, /, **arguments: Any) -> Answer:
        return self.request("GET", f"{API}/{path}", params=arguments)

    def patch(self, path: str, /, **fields: Any) -> Answer:
        return self.request("PATCH", f"{API}/{path}", json=fields)

    def delete(self, path: str, /, **fields: Any) -> Answer:
        return self.request("DELETE", f"{API}/{path}", json=fields)

    def call(self, method: str, path: str, /, **fields: Any) -> Answer:
        """By the method's name, with the fields where it carries them."""
        return {"GET": self.get, "POST": self.post, "PATCH": self.patch, "DELETE": self.delete}[method](path, **fields)

    def post_text(self, path: str, text: str | bytes, content_type: str | None = "application/json") -> Answer:
        """A body that is sent as it stands."""
        headers = {"Content-Type": content_type} if content_type is not None else {}
        data = text.encode() if isinstance(text, str) else text
        return self.request("POST", f"{API}/{path}", data=data, headers=headers)

    def new_experiment(self, **fields: Any) -> str:
        fields = {"name": fresh_name("experiment")} | fields
        return self.post("experiments/create", **fields).ok()["experiment_id"]

    def new_run(self, experiment_id: str | None = None, **fields: Any) -> str:
        experiment_id = experiment_id or self.new_experiment()
        return self.post("runs/create", experiment_id=experiment_id, **fields).ok()["run"]["info"]["run_id"]

    def new_model(self, **fields: Any) -> str:
        """A registered model; its name."""
        fields = {"name": fresh_name("model")} | fields
        return self.post("registered-models/create", **fields).ok()["registered_model"]["name"]

    def new_version(self, name: str, **fields: Any) -> Any:
        """A version of a registered model, from a place that nobody looks at."""
        fields = {"source": "s3://bucket/model"} | fields
        return self.post("model-versions/create", name=name, **fields).ok()["model_version"]

    def new_logged_model(self, experiment_id: str | None = None, **fields: Any) -> Any:
        """The `info` of a logged model."""
        experiment_id = experiment_id or self.new_experiment()
        return self.post("logged-models", experiment_id=experiment_id, **fields).ok()["model"]["info"]

    def run(self, run_id: str) -> Any:
        return self.get("runs/get", run_id=run_id).ok()["run"]

    def data(self, run_id: str) -> dict[str, dict[str, Any]]:
        """The latest metrics, the params and the tags of a run, each by key."""
        data = self.run(run_id)["data"]
        return {kind: {e["key"]: e.get("value") for e in data.get(kind, [])} for kind in ("metrics", "params", "tags")}

    def history(self, run_id: str, key: str) -> list[tuple[int, int, Any]]:
        """Every point of a metric as (step, timestamp, value)."""
        metrics = self.get("metrics/get-history", run_id=run_id, metric_key=key).ok().get("metrics", [])
        return [(m["step"], m["timestamp"], m["value"]) for m in metrics]


def fresh_name(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind} {uuid.uuid4().hex}"
