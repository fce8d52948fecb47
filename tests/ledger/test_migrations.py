"""A ledger of every released version comes forward with what it holds, on either database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.schema import metadata
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")

_ROWS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "0001": (
        (
            "deliveries",
            {
                "client": "acme", "destination": "meta", "event_id": "a", "stage": "won", "name": "Won",
                "event_time": 1, "value": 12.5, "currency": "EUR", "state": "accepted", "request_id": 1,
                "expires_at": 2, "attempts": 1, "queued_at": 1, "updated_at": 7,
            },
        ),
        (
            "deliveries",
            {
                "client": "acme", "destination": "google", "event_id": "a", "stage": "won", "name": "1",
                "event_time": 1, "value": 12.5, "currency": "EUR", "state": "queued", "payload": '{"é": "✓"}',
                "expires_at": 2, "attempts": 0, "queued_at": 1, "updated_at": 1,
            },
        ),
        (
            "stage_entries",
            {
                "client": "acme", "event_id": "a", "source": "crm", "object": "Lead", "record_id": "00Q1",
                "stage": "won", "entered_at": 1, "time_known": True, "amount": 12.5, "currency": "EUR", "read_at": 1,
            },
        ),
        ("cursors", {"client": "acme", "source": "crm", "cursor": '{"at": 1}', "rules": "r", "saved_at": 1}),
        ("runs", {"client": "acme", "started_at": 1, "outcome": "complete"}),
        (
            "requests",
            {
                "run_id": 1, "client": "acme", "destination": "meta", "answered_at": 1, "deliveries": 1,
                "outcome": "accepted",
            },
        ),
        (
            "rejects",
            {
                "client": "acme", "source": "crm", "file": "a.csv", "line": 1, "reason": "r", "masked": "m",
                "seen_at": 1,
            },
        ),
    ),
    "0002": (
        (
            "merges",
            {
                "client": "acme", "source": "crm", "object": "Lead", "record_id": "00Q2", "merged_into": "00Q1",
                "seen_at": 1,
            },
        ),
    ),
    "0003": (
        (
            "identities",
            {
                "client": "acme", "identity": "i", "email": "e", "source": "crm", "object": "Lead",
                "record_id": "00Q1", "known_at": 1, "last_at": 1, "found": "{}",
            },
        ),
    ),
    "0004": (
        (
            "restatements",
            {
                "client": "acme", "event_id": "a", "destination": "google", "request_id": 1, "value": 10.0,
                "outcome": "accepted", "answered_at": 1,
            },
        ),
        ("leases", {"client": "acme", "epoch": 1, "holder": "h", "taken_at": 1}),
    ),
    "0005": (
        ("claims", {"client": "acme", "destination": "google", "event_ids": '["a"]', "taken_at": 1}),
        ("value_versions", {"client": "acme", "version": "v", "learned_at": 1, "settings": "{}", "learned": "{}"}),
    ),
    "0006": (
        (
            "audience_members",
            {
                "client": "acme", "destination": "meta", "audience": "won", "person": "p", "state": "member",
                "told": "{}", "updated_at": 1,
            },
        ),
    ),
    "0007": (
        (
            "requests",
            {
                "run_id": 1, "client": "acme", "destination": "google", "audience": "won", "kind": "join",
                "answered_at": 1, "deliveries": 1, "outcome": "accepted", "processing": "pending",
            },
        ),
    ),
}  # fmt: skip
"""What a version added, and rows of it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that is no ledger yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    yield server.url(server.new_database())


def at_version(url: str, version: str) -> dict[str, list[dict[str, Any]]]:
    """Make a ledger as ``version`` left it; returns the rows that it holds, by table."""
    config = Config()
    config.set_main_option("script_location", "closedwon.ledger.database:migrations")
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    filled = [row for number in RELEASED if number <= version for row in _ROWS[number]]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        for table, row in filled:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        held = {table: rows_of(connection, table) for table, _ in filled}
    engine.dispose()
    if parsed.database and parsed.get_backend_name() == "sqlite":
        Path(parsed.database).chmod(0o600)
    return held


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


@pytest.mark.parametrize("version", RELEASED)
def test_a_ledger_of_a_released_version_is_brought_forward_with_what_it_holds(
    empty_url: str, version: str
) -> None:
    held = at_version(empty_url, version)
    opened = Ledger(empty_url)
    with opened.reading() as connection:
        for table, rows in held.items():
            now = rows_of(connection, table)
            assert len(now) == len(rows)
            for row in rows:
                assert any(row.items() <= one.items() for one in now), table
        deliveries = {row["destination"]: row for row in rows_of(connection, "deliveries")}
    opened.close()
    accepted, queued = deliveries["meta"], deliveries["google"]
    if version == "0001":
        assert (accepted["full_value"], queued["full_value"]) == (12.5, 12.5)
    if version < "0004":
        assert (accepted["told_value"], accepted["accepted_at"]) == (12.5, 7)
    assert (queued["told_value"], queued["accepted_at"]) == (None, None)


@pytest.mark.parametrize("version", ["0000", *RELEASED])
def test_the_migrations_arrive_at_the_schema_that_the_queries_use(empty_url: str, version: str) -> None:
    if version in RELEASED:
        at_version(empty_url, version)
    opened = Ledger(empty_url)
    with opened.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    opened.close()


def test_a_ledger_that_came_forward_gives_new_rows_ids_of_their_own(empty_url: str) -> None:
    from tests.ledger.rows import NOW

    at_version(empty_url, "0001")
    opened = Ledger(empty_url)
    assert opened.start_run("acme", NOW) == 2
    opened.close()


@pytest.mark.parametrize("version", ["0000", "0001"])
def test_processes_that_open_it_at_once_migrate_it_once(empty_url: str, version: str) -> None:
    if version in RELEASED:
        at_version(empty_url, version)
    script = "import sys; from closedwon.ledger import Ledger; Ledger(sys.argv[1]).close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said


def test_a_ledger_from_the_future_is_left_alone(empty_url: str) -> None:
    opened = Ledger(empty_url)
    with opened.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    with pytest.raises(LedgerError, match="newer Closedwon"):
        Ledger(empty_url)
