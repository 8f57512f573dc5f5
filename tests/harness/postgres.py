"""A PostgreSQL for the tests: the one given in the environment, else a private one; a database for each server."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from harness.runledger import migrate
from harness.service import private_service


class Postgres:
    """A PostgreSQL server on which databases may be created and dropped."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database with the binary's schema, dropped at the end."""
        name = f"runledger_{uuid.uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}"')
        try:
            url = urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))
            migrate(url)
            yield url
        finally:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """`RUNLEDGER_TEST_POSTGRES_URL` when it is set, else an instance that lives as long as the block."""
    given = os.environ.get("RUNLEDGER_TEST_POSTGRES_URL")
    if given:
        yield Postgres(given)
        return
    with private_service("postgres.sh") as service:
        yield Postgres(service.start())
