"""What an operator does to a server's data: the commands of the binary, and changes by hand that nobody should make."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from harness.runledger import BINARY, Runledger


class Operator:
    """Works on the database, the spool and the artifact store of a `runledger server`."""

    def __init__(self, server: Runledger) -> None:
        self.database_url = server.database_url
        self.data = server.folder / "data"

    def command(self, *words: str) -> list[str]:
        place = ["--data-dir", str(self.data)]
        if self.database_url is not None:
            place += ["--database-url", self.database_url]
        return [str(BINARY), *words, *place]

    def run(self, *words: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        """One of the commands, to its end."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=timeout, env=environment(), check=False
        )

    def ok(self, *words: str, timeout: float = 120) -> str:
        """The output of a command, which has to succeed."""
        done = self.run(*words, timeout=timeout)
        assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """A command that runs on; its progress is its standard error."""
        return subprocess.Popen(
            self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )

    def log(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Runs a statement on the log."""
        return self._execute(self.data / "log.db", statement, *arguments)

    def views(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Runs a statement on the active views."""
        return self._execute(self.views_file(), statement, *arguments)

    def views_file(self) -> Path:
        """Of the active generation, where it is a file."""
        if self.database_url is not None:
            return self.data
        ((generation,),) = self.log("SELECT generation FROM view_generations WHERE state = 'active'")
        return self.data / ("views.db" if generation == 1 else f"views-{generation}.db")

    def _execute(self, file: Path, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        if self.database_url is None:
            with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
                return connection.execute(statement, arguments).fetchall()
        with self.postgres() as connection:
            cursor = connection.execute(statement.replace("?", "%s").encode(), arguments or None)
            return cursor.fetchall() if cursor.description else []

    def postgres(self) -> "psycopg.Connection[Any]":
        """Names lead to the log and to the active views."""
        assert self.database_url is not None
        return psycopg.connect(self.database_url, autocommit=True, options="-c search_path=public,runledger_views")


def environment() -> dict[str, str]:
    """The caller's without settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RUNLEDGER_")}
