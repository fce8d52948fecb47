"""A ledger on a server: what keeps it from working is said, and a server that comes back is waited for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from closedwon.ledger import Ledger, LedgerError, State
from closedwon.ledger.database.persisting import Once
from closedwon.ledger.errors import LedgerUnavailableError, explain
from closedwon.ledger.incoming.rejects import write_rejects_file
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from config.redaction import redact
from tests.ledger.rows import NOW, entries, queue, store
from tests.servers import PostgresServer


@pytest.fixture
def ledger(postgresql_url: str, tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(postgresql_url, folder=tmp_path / ".closedwon")
    yield opened
    opened.close()


def do_while_down(server: PostgresServer, action: Callable[[], object]) -> None:
    """Crash the server, begin ``action``, and have the server back half a second later."""
    server.stop()
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(action)
        time.sleep(0.5)
        # Not from the other thread, with which it would end.
        server.start()
        doing.result(30)


def test_addresses_that_other_tools_write_are_understood(postgresql_url: str) -> None:
    for scheme in ("postgres", "postgresql+psycopg"):
        Ledger(postgresql_url.replace("postgresql", scheme, 1)).close()


def test_user_and_password_are_never_shown(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url.replace("postgres@", "postgres:invented-password@"))
    assert ledger.place.startswith("postgresql://")
    assert "postgres:" not in ledger.place
    assert "invented" not in ledger.place
    assert "invented" not in redact("password invented-password was refused")
    ledger.close()


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_a_server_elsewhere_is_never_spoken_to_in_clear(mode: str) -> None:
    with pytest.raises(LedgerError, match=f"sslmode={mode} may send everything in clear"):
        Ledger(f"postgresql://closedwon:invented-password@db.example.com/closedwon?sslmode={mode}")


def test_a_server_elsewhere_that_has_no_tls_is_refused(tmp_path: Path) -> None:
    with plain_server() as port:
        address = f"postgresql://closedwon@db.example.com:{port}/closedwon?hostaddr=127.0.0.1"
        with pytest.raises(LedgerError, match="the server has no TLS"):
            Ledger(address, folder=tmp_path)


@contextmanager
def plain_server() -> Iterator[int]:
    """A server that answers the wish for TLS as PostgreSQL does where it has none."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        pool.submit(refuse_tls, listening)
        yield listening.getsockname()[1]


def refuse_tls(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(8)
        connection.sendall(b"N")
        connection.recv(1)


def test_files_lie_in_the_folder_that_is_given(ledger: Ledger, tmp_path: Path) -> None:
    store(ledger, entries("a"), queue("a"))
    assert write_rejects_file(ledger, "acme", "crm").parent == tmp_path / ".closedwon" / "rejects"


def test_a_session_gives_up_locks_and_dead_hosts_in_time(ledger: Ledger) -> None:
    names = ("lock_timeout", "idle_in_transaction_session_timeout", "application_name")
    with ledger.writing() as connection:
        found = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
    assert found == ["30s", "15min", "closedwon"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda url: url.replace("/test_", "/none_"), "no such database or user: create it"),
        (lambda url: url.replace("postgres@", "nobody@"), "no such database or user: create it"),
        (lambda url: url.replace("host=/", "host=/none/"), "cannot be reached: check that it runs"),
        (lambda url: "postgresql://ada@127.0.0.1:1/closedwon", "cannot be reached: check that it runs"),
        (lambda url: "postgresql://ada@nowhere.invalid/closedwon", "cannot be reached: check that it runs"),
    ],
    ids=["database", "user", "socket", "port", "host"],
)
def test_a_server_that_does_not_let_us_in_is_said_at_once(
    postgresql_url: str, change: Callable[[str], str], expected: str
) -> None:
    began = time.monotonic()
    with pytest.raises(LedgerError, match=expected):
        Ledger(change(postgresql_url))
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("sqlstate", "expected", "passes"),
    [
        ("53100", "disk is full: free some space", False),
        ("58030", "disk is full, or failing", False),
        ("25006", "must name the primary", False),
        ("42501", "this user may not", False),
        ("28P01", "user or password", False),
        ("XX001", "restore a backup", False),
        ("40P01", "two processes wrote the same rows", True),
        ("40001", "two processes wrote the same rows", True),
        ("53300", "run fewer clients at once", True),
        ("55P03", "another process has held it for over 30 seconds", True),
        ("57P01", "the server stops", True),
        ("08006", "the connection was cut", True),
    ],
)
def test_what_the_server_says_is_answered_with_what_to_do(
    ledger: Ledger, sqlstate: str, expected: str, passes: bool
) -> None:
    fails = f"DO $$ BEGIN RAISE EXCEPTION 'said by the server' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises(LedgerError, match=expected) as caught, ledger.writing() as connection:
        connection.exec_driver_sql(fails)
    assert isinstance(caught.value, LedgerUnavailableError) is passes


def test_a_value_that_the_server_quotes_is_not_told(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="22P02") as caught, ledger.writing() as connection:
        connection.exec_driver_sql("SELECT CAST('quinn-invented' AS bigint)")
    assert "quinn" not in str(caught.value)


def test_a_user_who_may_not_make_tables_is_told_so(postgresql: PostgresServer) -> None:
    database = postgresql.new_database()
    postgresql.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    with pytest.raises(LedgerError, match="CREATE on the schema"):
        Ledger(postgresql.url(database, user="reader"))


def test_who_only_asks_is_told_at_once_that_the_server_is_down(
    ledger: Ledger, postgresql: PostgresServer
) -> None:
    postgresql.stop()
    try:
        with pytest.raises(LedgerUnavailableError), ledger.reading():
            pass
    finally:
        postgresql.start()
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_run_waits_for_a_server_that_comes_back(ledger: Ledger, postgresql: PostgresServer) -> None:
    with ledger.lease("acme"):
        do_while_down(postgresql, lambda: store(ledger, entries("a"), queue("a")))
    assert Outbox(ledger, "acme", "meta").waiting() == 1


def test_a_run_does_not_wait_for_ever(postgresql_url: str, postgresql: PostgresServer) -> None:
    impatient = Ledger(postgresql_url, patience=0.3)
    with impatient.lease("acme"):
        postgresql.stop()
        try:
            with pytest.raises(LedgerUnavailableError):
                impatient.start_run("acme", NOW)
        finally:
            postgresql.start()
    impatient.close()


def test_a_platforms_answer_is_kept_though_the_server_goes_away(
    ledger: Ledger, postgresql: PostgresServer
) -> None:
    store(ledger, entries("a"), queue("a"))
    lane = Outbox(ledger, "acme", "meta")
    lane.claim(1, NOW)
    accepted = Settlement(["a"], State.ACCEPTED)
    do_while_down(postgresql, lambda: lane.settle(accepted, run_id=1, now=NOW))
    assert count(ledger, "requests") == 1
    assert count(ledger, "deliveries WHERE state = 'accepted'") == 1


def test_a_block_that_is_cut_off_is_done_again(ledger: Ledger) -> None:
    tried: list[int] = []

    def work(connection: Connection) -> str:
        add_run(connection)
        tried.append(1)
        if len(tried) < 3:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return "done"

    assert ledger.persistently(work) == "done"
    assert len(tried) == 3
    assert count(ledger, "runs") == 1


def test_a_commit_whose_answer_was_lost_is_not_done_again(ledger: Ledger) -> None:
    once = Once(add_run, reading=ledger.reading, writing=losing_the_answer(ledger.writing))
    with pytest.raises(LedgerUnavailableError):
        once()
    once()
    assert count(ledger, "runs") == 1


def test_a_mistake_is_not_tried_again(ledger: Ledger) -> None:
    tried: list[int] = []

    def work(connection: Connection) -> None:
        tried.append(1)
        connection.exec_driver_sql("SELECT nonsense")

    with pytest.raises(LedgerError):
        ledger.persistently(work)
    assert len(tried) == 1


def test_an_error_of_no_known_code_names_its_kind_alone() -> None:
    import psycopg

    error = DBAPIError("SELECT 1", {}, psycopg.errors.DivisionByZero("said of quinn-invented"))
    said = str(explain(error, "postgresql://db.example/closedwon"))
    assert "DivisionByZero" in said
    assert "quinn" not in said


def losing_the_answer(
    writing: Callable[[], AbstractContextManager[Connection]],
) -> Callable[[], AbstractContextManager[Connection]]:
    """Transactions of which nobody hears that they were committed."""

    @contextmanager
    def opened() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        raise LedgerUnavailableError("the answer was lost")

    return opened


def add_run(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO runs (client, started_at, outcome) VALUES ('acme', 1, 'running')")


def count(ledger: Ledger, of: str) -> int:
    with ledger.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {of}").scalar_one())
