"""A distributed deployment: roles as processes on a database, a virtual host, a bucket and a spool of its own."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from harness.broker import Broker, VirtualHost
from harness.objects import Bucket, ObjectStore
from harness.postgres import Postgres
from harness.roles import Role, run_command
from harness.waiting import wait_until

ROOT = "artifacts"
# Which event ends an upload, by the name under which `Upload.ends` counts it.
ENDS = {"ArtifactStored": "stored", "ArtifactUploadFailed": "failed"}


@dataclass
class Upload:
    """What the log says of an upload."""

    upload_id: str
    path: str
    sha256: str
    ends: Counter[str]


class Deployment:
    """Starts roles, and knows what became of the uploads from the log itself."""

    def __init__(
        self, folder: Path, database_url: str, vhost: VirtualHost, bucket: Bucket, options: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.database_url = database_url
        self.vhost = vhost
        self.bucket = bucket
        self.spool = folder / "spool"
        self.options = {
            "database_url": database_url,
            "amqp_url": vhost.url,
            "artifact_store": f"{bucket.url}/{ROOT}",
            "s3_endpoint": bucket.store.endpoint,
            "spool": str(self.spool),
            **options,
        }
        self.environment = dict(bucket.store.credentials)
        self.roles: list[Role] = []

    def start(self, *, apis: int = 1, workers: int = 1, projectors: int = 1) -> None:
        for role, number in (("api", apis), ("ingest-worker", workers), ("projector", projectors)):
            for _ in range(number):
                self.add(role)

    def add(self, role: str, **options: str) -> Role:
        """Starts one more process of a role."""
        number = len(self.roles) + 1
        process = Role(self.folder / f"{role}{number}", role, self.options | options, self.environment)
        self.roles.append(process)
        process.start()
        return process

    def of(self, role: str) -> list[Role]:
        return [process for process in self.roles if process.role == role]

    @property
    def apis(self) -> list[Role]:
        return self.of("api")

    @property
    def workers(self) -> list[Role]:
        return self.of("ingest-worker")

    @property
    def projectors(self) -> list[Role]:
        return self.of("projector")

    def kill(self) -> None:
        for process in self.roles:
            process.kill()

    def run(self, *command: str, **options: str) -> subprocess.CompletedProcess[str]:
        """One of the operators' commands with the settings of the deployment."""
        settings = {"data_dir": str(self.folder / "commands"), **self.options, **options}
        return run_command(*command, options=settings, environment=self.command_environment())

    def command_environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "RUNLEDGER_", "AWS_"))}
        return inherited | self.bucket.store.credentials

    def ok(self, *command: str) -> str:
        """The output of a command, which has to succeed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def listed_uploads(self) -> list[Any]:
        """What `uploads list` shows, as data."""
        return [json.loads(line) for line in self.ok("uploads", "list", "--json").splitlines()]

    def query(self, statement: str, *arguments: Any) -> list[Any]:
        """Names lead to the log and to the active views."""
        path = "-c search_path=public,runledger_views"
        with psycopg.connect(self.database_url, autocommit=True, options=path) as connection:
            return connection.execute(statement.encode(), arguments).fetchall()

    def uploads(self) -> list[Upload]:
        """Every upload that was staged, in the order of the log."""
        events = self.query(
            "SELECT kind, payload->>'upload_id', payload->>'path', payload->>'sha256' FROM events"
            " WHERE stream_kind = 'artifact' ORDER BY position"
        )
        uploads = {ident: Upload(ident, path, sha, Counter()) for kind, ident, path, sha in events if sha is not None}
        for kind, ident, _, _ in events:
            if kind in ENDS:
                uploads[ident].ends[ENDS[kind]] += 1
        return list(uploads.values())

    def latest_uploads(self) -> dict[str, Upload]:
        """The upload that counts, by path. A client that repeats a request may stage an upload twice."""
        return {upload.path: upload for upload in self.uploads()}

    def unsettled(self) -> list[str]:
        return [path for path, upload in self.latest_uploads().items() if not upload.ends]

    def await_uploads(self, limit: float = 60.0) -> None:
        """Waits until every upload has been stored, or has failed."""
        try:
            wait_until("every upload has an end", lambda: not self.unsettled(), limit=limit, interval=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.unsettled()[:10]}\n{self.log_tails()}") from None

    def key(self, path: str) -> str:
        """Of the object of an artifact."""
        return f"{ROOT}/{path}"

    def check_objects(self, expected: Mapping[str, str]) -> None:
        """Each artifact, by path, is in the bucket with its digest, and each upload was committed at most once."""
        latest = self.latest_uploads()
        assert expected.keys() <= latest.keys(), "an acknowledged upload is not in the log"
        assert {path: dict(latest[path].ends) for path in expected} == {path: {"stored": 1} for path in expected}
        assert all(upload.ends["stored"] <= 1 for upload in self.uploads()), "an upload was committed twice"
        different = {path for path, digest in expected.items() if self.bucket.sha256(self.key(path)) != digest}
        assert not different, f"the objects of {different} are not what was sent"

    def multiparts(self) -> list[tuple[str, str]]:
        """Multipart uploads under way at the store that hold parts.

        One without parts costs nothing, and nobody knows of it whose opener died before the store's answer was written down.
        """
        opened = self.bucket.multiparts(self.key(path) for path in self.latest_uploads())
        return [upload for upload in opened if self.bucket.waiting_parts(*upload)]

    def await_removal(self, path: str, limit: float = 30.0) -> None:
        wait_until(f"{path} is gone from the bucket", lambda: not self.bucket.has(self.key(path)), limit=limit)

    def spooled(self) -> list[str]:
        """What lies in the spool, records of multipart uploads among it."""
        if self.options["spool"].startswith(f"{self.bucket.url}/"):
            return sorted(self.bucket.keys(self.options["spool"].removeprefix(f"{self.bucket.url}/") + "/"))
        return sorted(str(path.relative_to(self.spool)) for path in self.spool.rglob("*") if path.is_file())

    def await_empty_spool(self, limit: float = 30.0) -> None:
        wait_until("the spool is empty", lambda: self.spooled() == [], limit=limit, interval=0.1)

    def head(self) -> int:
        return self.query("SELECT coalesce(max(position), 0) FROM events")[0][0]

    def log_tails(self) -> str:
        return "\n".join(f"--- {process.role} {process.log}\n{process.log_tail()}" for process in self.roles)


@dataclass(frozen=True)
class Services:
    """What deployments are made on."""

    postgres: Postgres
    broker: Broker
    stores: Mapping[str, ObjectStore]

    @contextmanager
    def deployment(
        self,
        folder: Path,
        *,
        postgres: Postgres | None = None,
        broker: Broker | None = None,
        store: ObjectStore | None = None,
        **options: str,
    ) -> Iterator[Deployment]:
        """A deployment without processes, on the shared services where none of its own are given."""
        with ExitStack() as stack:
            database_url = stack.enter_context((postgres or self.postgres).database())
            vhost = stack.enter_context((broker or self.broker).vhost())
            bucket = stack.enter_context((store or self.stores["minio"]).bucket())
            deployment = Deployment(folder, database_url, vhost, bucket, options)
            stack.callback(deployment.kill)
            yield deployment
