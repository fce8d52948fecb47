"""A ledger in a PostgreSQL database that several hosts share.

Writers read committed rows, each statement those of its own moment: the rows of a client are written by the holder of
its lease alone, and rows of several clients never depend on each other. Readers see one moment throughout, as on
SQLite. A dead host's session, and with it the lock of its lease, is given up by keepalives within a minute:
https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE.
"""

from __future__ import annotations

from typing import Any

from psycopg import IsolationLevel
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from closedwon.ledger.errors import LedgerError
from config.redaction import register_secret
from config.types import is_loopback

_SECRETS = ("password", "sslpassword")
_IN_CLEAR = frozenset({"disable", "allow", "prefer"})
_SETTINGS = {
    "lock_timeout": "30s",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "15min",
    "tcp_keepalives_idle": "20s",
    "tcp_keepalives_interval": "10s",
    "tcp_keepalives_count": "3",
}
# Sent once connected and not with the address, where poolers refuse what they do not know.
_SET = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
_CLIENT_SIDE = {
    "application_name": "closedwon",
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def connect(url: URL, writes: str) -> Engine:
    """The engine of the database at ``url``; ``writes`` names the option of connections that write.

    Raises:
        LedgerError: the address allows a server that is not this machine to be spoken to in clear.
    """
    for secret in (url.password, *(url.query.get(name) for name in _SECRETS)):
        if isinstance(secret, str):
            register_secret(secret)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        # One value after another, so that rows are handed to the driver as the tuples that they are.
        paramstyle="format",
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={
            name: value for name, value in (_CLIENT_SIDE | _tls(url)).items() if name not in url.query
        },
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(_SET)
        connection.autocommit = False

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        changes = connection.get_execution_options().get(writes, False)
        driver: Any = connection.connection.dbapi_connection
        driver.read_only = not changes
        driver.isolation_level = IsolationLevel.READ_COMMITTED if changes else IsolationLevel.REPEATABLE_READ

    return engine


def _tls(url: URL) -> dict[str, str]:
    """The least that a connection to ``url`` must ask for, so that nobody's data crosses a network in clear.

    By itself, libpq takes whatever the server offers: https://www.postgresql.org/docs/current/libpq-ssl.html.
    """
    if all(host.startswith("/") or is_loopback(host) for host in _hosts(url)):
        return {}
    asked = url.query.get("sslmode")
    if asked in _IN_CLEAR:
        raise LedgerError(
            f"ledger {place_of(url)}: sslmode={asked} may send everything in clear:"
            " use require or, better, verify-full in CLOSEDWON_DATABASE_URL"
        )
    return {"sslmode": "require"}


def _hosts(url: URL) -> list[str]:
    """The hosts that ``url`` names; none where it means this machine's own socket."""
    named = url.host or url.query.get("host") or ()
    return [
        host for one in ((named,) if isinstance(named, str) else named) for host in one.split(",") if host
    ]


def place_of(url: URL) -> str:
    """``url`` for people: without user, password or parameters."""
    host = ",".join(_hosts(url)) or "localhost"
    return f"postgresql://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"
