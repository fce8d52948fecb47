"""One run a client at a time, on either database: the next one starts when its holder is done, dead or cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from closedwon.ledger import Ledger, LedgerError, RunInProgressError
from closedwon.ledger.errors import LeaseLostError
from tests.ledger.rows import NOW, entries, queue, store

ROOT = Path(__file__).resolve().parents[2]
_HOLDER = (
    "import sys\n"
    "from closedwon.ledger import Ledger\n"
    "with Ledger(sys.argv[1]).lease('acme'):\n"
    "    print('holds', flush=True)\n"
    "    sys.stdin.read()\n"
)


@contextmanager
def another(url: str) -> Iterator[Ledger]:
    opened = Ledger(url)
    yield opened
    opened.close()


@contextmanager
def holding_process(url: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process


def cut_off(url: str) -> None:
    """Take the connections of all who hold a lease."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")


def test_two_runs_of_one_client_exclude_each_other(ledger: Ledger, ledger_url: str) -> None:
    with ledger.lease("acme"), ledger.lease("other"), another(ledger_url) as second:
        with pytest.raises(RunInProgressError, match="another run is in progress"), second.lease("acme"):
            pass
        with second.lease("third"):
            pass


def test_who_holds_it_is_told(ledger: Ledger, ledger_url: str) -> None:
    with holding_process(ledger_url) as process:
        with pytest.raises(RunInProgressError) as caught, ledger.lease("acme"):
            pass
        process.kill()
    assert f"process {process.pid}, since 20" in str(caught.value)


def test_a_lease_is_free_again_once_it_is_given_back(ledger: Ledger, ledger_url: str) -> None:
    with ledger.lease("acme"):
        pass
    with another(ledger_url) as second, second.lease("acme"):
        pass


def test_a_dead_run_leaves_no_lease_behind(ledger: Ledger, ledger_url: str) -> None:
    with holding_process(ledger_url) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with ledger.lease("acme"):
            store(ledger, entries("a"), queue("a"))


def test_a_holder_that_was_cut_off_writes_on_while_nobody_took_over(postgresql_url: str) -> None:
    with another(postgresql_url) as ledger, ledger.lease("acme"):
        cut_off(postgresql_url)
        store(ledger, entries("a"), queue("a"))


def test_a_holder_that_was_cut_off_writes_no_more_once_another_took_over(postgresql_url: str) -> None:
    with another(postgresql_url) as first, another(postgresql_url) as second, first.lease("acme"):
        cut_off(postgresql_url)
        with second.lease("acme"):
            with pytest.raises(LeaseLostError, match="another run took over"):
                store(first, entries("a"), queue("a"))
            store(second, entries("b"), queue("b"))
        with pytest.raises(LeaseLostError):
            first.start_run("acme", NOW)
        with first.reading() as connection:
            assert connection.exec_driver_sql("SELECT event_id FROM deliveries").scalars().all() == ["b"]


def test_a_lease_is_not_taken_over_while_its_old_holder_is_writing(postgresql_url: str) -> None:
    with another(postgresql_url) as first, another(postgresql_url) as second, first.lease("acme"):
        cut_off(postgresql_url)
        held: list[int] = []

        def take_over() -> None:
            with second.lease("acme"), second.reading() as connection:
                held.append(connection.exec_driver_sql("SELECT count(*) FROM runs").scalar_one())

        taking = Thread(target=take_over)
        with first.writing() as connection:
            taking.start()
            taking.join(0.3)
            assert taking.is_alive()
            connection.exec_driver_sql(
                "INSERT INTO runs (client, started_at, outcome) VALUES ('acme', 1, 'running')"
            )
        taking.join(10)
    assert held == [1]


def test_a_lease_that_cannot_be_locked_is_an_error_of_the_ledger(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path / "ledger.db")
    (tmp_path / "ledger.db.acme.lock").mkdir()
    with pytest.raises(LedgerError, match="cannot be locked"), ledger.lease("acme"):
        pass
    ledger.close()
