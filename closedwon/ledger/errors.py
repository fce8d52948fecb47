"""What can go wrong with the ledger itself, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError


class LedgerError(Exception):
    """The ledger cannot be read or written; what was committed before stays."""


class LedgerUnavailableError(LedgerError):
    """The database is gone or busy for now: the same may succeed in a moment."""


class RunInProgressError(LedgerError):
    """Another process is running this client now."""


class LeaseLostError(LedgerError):
    """Another run of the client took over: this one must write no more."""


@dataclass(frozen=True)
class _Advice:
    text: str
    passing: bool = False


_LOCKED = _Advice("another process has held it for over 30 seconds: wait for that run to end", passing=True)
_DISK_FAILS = _Advice("the disk is full, or failing: free some space, check the disk and run again")
_DAMAGED = _Advice("it is damaged: restore a backup; deliveries keep their ids, so nothing is counted twice")

_SQLITE = {
    "database or disk is full": _Advice("the disk is full: free some space and run again"),
    "disk i/o error": _DISK_FAILS,
    "readonly database": _Advice("it is read-only: make the file and its folder writable for this user"),
    "unable to open database file": _Advice(
        "it cannot be opened: its folder must exist and be writable for this user"
    ),
    "database is locked": _LOCKED,
    "not a database": _Advice("it is not a ledger: point the setting at another file, or restore a backup"),
    "malformed": _DAMAGED,
}
"""By what the driver says: https://www.sqlite.org/rescode.html."""

_RESTARTS = _Advice("the server stops, or is starting: run again once it is up", passing=True)
_CUT = _Advice("the connection was cut: run again once the server can be reached", passing=True)
_UNREACHABLE = _Advice(
    "the server cannot be reached: check that it runs, and host and port of CLOSEDWON_DATABASE_URL",
    passing=True,
)
_FULL_HOUSE = _Advice(
    "the server has no connection left: run fewer clients at once, or raise its max_connections", passing=True
)
_REFUSED = _Advice("user or password of CLOSEDWON_DATABASE_URL is wrong")
_COLLISION = _Advice("two processes wrote the same rows at once: run again", passing=True)

_SQLSTATES = {
    "08": _CUT,
    "25006": _Advice("it is read-only: CLOSEDWON_DATABASE_URL must name the primary server"),
    "25P03": _Advice("this process was stopped within a transaction: run again", passing=True),
    "28": _REFUSED,
    "40001": _COLLISION,
    "40P01": _COLLISION,
    "42501": _Advice(
        "this user may not do that: it must own the ledger's tables, and may need CREATE on the schema"
    ),
    "53100": _Advice("the server's disk is full: free some space and run again"),
    "53200": _Advice("the server is out of memory: run fewer clients at once, or give it more", passing=True),
    "53300": _FULL_HOUSE,
    "55P03": _LOCKED,
    "57014": _Advice("the server broke a statement off, as it took too long: run again", passing=True),
    "57P": _RESTARTS,
    "58030": _DISK_FAILS,
    "XX00": _DAMAGED,
}
"""By code, or what codes begin with: https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_CONNECTING = {
    "password authentication failed": _REFUSED,
    "no password supplied": _REFUSED,
    "does not exist": _Advice(
        "the server has no such database or user: create it, or mend CLOSEDWON_DATABASE_URL"
    ),
    "pg_hba.conf": _Advice("the server does not admit this user from here: mend its pg_hba.conf"),
    "too many clients": _FULL_HOUSE,
    "connection slots": _FULL_HOUSE,
    "starting up": _RESTARTS,
    "shutting down": _RESTARTS,
    "recovery": _RESTARTS,
    "refused": _UNREACHABLE,
    "no such file": _UNREACHABLE,
    "timeout": _UNREACHABLE,
    "unreachable": _UNREACHABLE,
    "no route": _UNREACHABLE,
    "resolve host": _UNREACHABLE,
    "translate host": _UNREACHABLE,
    "server does not support ssl": _Advice(
        "the server has no TLS, and is not on this machine: turn TLS on at the server"
    ),
    "certificate": _Advice("the server's certificate is not trusted: check sslmode and sslrootcert"),
    "ssl": _Advice("TLS failed: check sslmode and sslrootcert in CLOSEDWON_DATABASE_URL"),
    "connection": _CUT,
}
"""By what libpq says, which has no code for what keeps it from connecting; the first that fits."""


def explain(error: DBAPIError, place: str) -> LedgerError:
    """A :class:`LedgerError` for a driver's error; never quotes the statement, whose parameters are people's."""
    driver = error.orig
    advice, cause = (_of_postgresql if hasattr(driver, "sqlstate") else _of_sqlite)(driver)
    if advice is None:
        return LedgerError(f"ledger {place}: {type(error).__name__}: {cause}")
    kind = LedgerUnavailableError if advice.passing else LedgerError
    return kind(f"ledger {place}: {advice.text} ({cause})")


def _of_sqlite(driver: BaseException | None) -> tuple[_Advice | None, str]:
    cause = _first_line(driver)
    return _first(_SQLITE, cause), cause


def _of_postgresql(driver: BaseException | None) -> tuple[_Advice | None, str]:
    state = getattr(driver, "sqlstate", None)
    if state is None:
        cause = _first_line(driver).rpartition("failed: ")[2]
        return _first(_CONNECTING, cause), cause
    advice = next((advice for code, advice in _SQLSTATES.items() if state.startswith(code)), None)
    if advice is not None:
        return advice, f"{state}: {_first_line(driver)}"
    # What is wrong with a value is said with the value in it.
    column = getattr(getattr(driver, "diag", None), "column_name", None)
    return None, f"{type(driver).__name__}, {state}" + (f", column {column}" if column else "")


def _first(table: dict[str, _Advice], cause: str) -> _Advice | None:
    return next((advice for symptom, advice in table.items() if symptom in cause.lower()), None)


def _first_line(driver: BaseException | None) -> str:
    return next(iter(str(driver).splitlines()), type(driver).__name__)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn the database's errors into :class:`LedgerError` that names the ledger and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error, place) from None
