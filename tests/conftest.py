"""What holds for all tests: generated examples have no deadline, and a ledger is of either database.

What tests write is kept in memory where that can be: no test outlives a power cut, so none has to wait for a disk.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from closedwon.cli.logs import OURS
from config import redaction

if TYPE_CHECKING:
    from closedwon.ledger import Ledger
    from tests.servers import PostgresServer

_SET_UP = ("", *OURS)

_MEMORY, _ENOUGH = Path("/dev/shm"), 4 << 30

if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

settings.register_profile("closedwon", deadline=None)
settings.load_profile("closedwon")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: for a third of its time a test waits, for a socket or a process."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A server that is started by the first test that asks for it."""
    from tests.servers import PostgresServer

    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def shared_url(postgresql: PostgresServer) -> str:
    """The address of a ledger that tests use one after another: to empty it costs less than to make it."""
    from closedwon.ledger import Ledger

    url = postgresql.url(postgresql.new_database())
    Ledger(url).close()
    return url


@pytest.fixture
def postgresql_url(postgresql: PostgresServer, shared_url: str) -> Iterator[str]:
    """The address of an empty ledger on the server."""
    from closedwon.ledger.schema import metadata

    yield shared_url
    postgresql.empty(shared_url, [table.name for table in metadata.sorted_tables])


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file without rows, to be copied: that costs less than to make one."""
    from closedwon.ledger import Ledger

    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    Ledger.at(path).close()
    return path


@pytest.fixture
def sqlite_url(empty_ledger: Path, tmp_path: Path) -> str:
    """The address of an empty ledger in a file."""
    path = tmp_path / ".closedwon" / "ledger.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(empty_ledger, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty ledger, once of each database."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return str(request.getfixturevalue("sqlite_url"))


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, once of each database."""
    from closedwon.ledger import Ledger

    opened = Ledger(ledger_url, folder=tmp_path / ".closedwon")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """The command line sets up logging for a process of its own, which a test is not."""
    root = logging.getLogger()
    handlers, levels = root.handlers, {name: logging.getLogger(name).level for name in _SET_UP}
    yield
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_secrets", set())
    yield
