"""The ledger's promises: private, migrated, atomic, one run a client at a time, and clear when it cannot go on."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from closedwon.ledger import Ledger, LedgerError, RunInProgressError
from closedwon.ledger.positions import position
from tests.ledger.rows import NOW, entries, queue, store


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.at(tmp_path / ".closedwon" / "ledger.db")
    yield opened
    opened.close()


def test_its_files_belong_to_this_user_alone(ledger: Ledger) -> None:
    with ledger.lease("acme"):
        ledger.start_run("acme", NOW)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ledger.path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700


def test_opening_it_again_finds_what_was_stored(ledger: Ledger) -> None:
    store(ledger, entries("a"), queue("a"), cursor={"at": 1})
    again = Ledger.at(ledger.path)
    found = position(again, "acme", "crm")
    assert found is not None
    assert found.cursor == {"at": 1}
    again.close()


def test_a_batch_and_its_cursor_are_stored_together_or_not_at_all(ledger: Ledger) -> None:
    broken = queue("a").with_columns(state=pl.lit(None, dtype=pl.String))
    with pytest.raises(LedgerError):
        store(ledger, entries("a"), broken, cursor={"at": 1})
    assert position(ledger, "acme", "crm") is None
    with sqlite3.connect(ledger.path) as raw:
        assert raw.execute("SELECT count(*) FROM stage_entries").fetchone() == (0,)


def test_an_error_never_quotes_what_was_to_be_stored(ledger: Ledger) -> None:
    secret = "quinn@" + "example.com"
    broken = queue("a", payload=secret).with_columns(state=pl.lit(None, dtype=pl.String))
    with pytest.raises(LedgerError) as caught:
        store(ledger, entries("a"), broken, cursor={})
    assert secret not in str(caught.value)


def test_two_runs_of_one_client_exclude_each_other(ledger: Ledger) -> None:
    with ledger.lease("acme"), ledger.lease("other"):
        other = Ledger.at(ledger.path)
        with pytest.raises(RunInProgressError, match="another run is in progress"), other.lease("acme"):
            pass
        other.close()


def test_a_dead_run_leaves_no_lease_behind(ledger: Ledger) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from closedwon.ledger import Ledger\n"
        "with Ledger.at(Path(sys.argv[1])).lease('acme'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(ledger.path)], check=False, timeout=60)
    with ledger.lease("acme"):
        pass


def test_a_read_only_ledger_is_refused_before_anything_is_read(ledger: Ledger) -> None:
    ledger.close()
    ledger.path.chmod(0o400)
    with pytest.raises(LedgerError, match=r"read-only.*chmod 600"):
        Ledger.at(ledger.path)


def test_a_ledger_that_turns_read_only_says_so(ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(LedgerError, match="read-only"):
        Ledger(f"sqlite:///file:{ledger.path}?mode=ro&uri=true").start_run("acme", NOW)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"file/ledger\.db"):
        Ledger.at(tmp_path / "file" / "ledger.db")


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, but a letter " * 100)
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.at(path)


def test_a_ledger_from_the_future_is_left_alone(ledger: Ledger) -> None:
    ledger.close()
    with sqlite3.connect(ledger.path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer Closedwon"):
        Ledger.at(ledger.path)


def test_the_migrations_arrive_at_the_schema_that_the_queries_use(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from closedwon.ledger.schema import metadata

    with ledger.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_ledger_of_the_first_release_is_brought_forward_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    config = Config()
    config.set_main_option("script_location", "closedwon.ledger:migrations")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO deliveries (client, destination, event_id, stage, name, event_time, value, state, expires_at,"
            " queued_at, updated_at) VALUES ('acme', 'meta', 'a', 'won', 'Won', 1, 12.5, 'queued', 2, 1, 1)"
        )
    engine.dispose()
    path.chmod(0o600)
    opened = Ledger.at(path)
    with opened.reading() as connection:
        rows = connection.exec_driver_sql("SELECT event_id, value, full_value FROM deliveries").all()
    opened.close()
    assert [tuple(row) for row in rows] == [("a", 12.5, 12.5)]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from closedwon.ledger import Ledger, LedgerError\n"
        "from tests.ledger.rows import entries, queue, store\n"
        "ledger = Ledger.at(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))\n"
        "try:\n"
        "    for batch in range(1000):\n"
        "        ids = [f'{batch}-{n}' for n in range(200)]\n"
        "        store(ledger, entries(*ids), queue(*ids), cursor={'batch': batch})\n"
        "        print(batch, flush=True)\n"
        "except LedgerError as error:\n"
        "    sys.exit(str(error))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True, text=True, check=False, timeout=120, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert result.returncode == 1
    assert "disk" in result.stderr
    assert "free some space" in result.stderr
    stored = int(result.stdout.split()[-1])
    ledger = Ledger.at(path)
    found = position(ledger, "acme", "crm")
    assert found is not None
    assert found.cursor == {"batch": stored}
    with ledger.reading() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar()
    assert counted == (stored + 1) * 200
    ledger.close()
