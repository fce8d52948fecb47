"""What can go wrong with the ledger itself, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError


class LedgerError(Exception):
    """The ledger cannot be read or written; what was committed before stays."""


class RunInProgressError(LedgerError):
    """Another process is running this client now."""


_ADVICE = (
    ("database or disk is full", "the disk is full: free some space and run again"),
    ("disk i/o error", "the disk is full, or failing: free some space, check the disk and run again"),
    ("readonly database", "it is read-only: make the file and its folder writable for this user"),
    (
        "unable to open database file",
        "it cannot be opened: its folder must exist and be writable for this user",
    ),
    ("database is locked", "another process has held it for over 30 seconds: wait for that run to end"),
    ("not a database", "it is not a ledger: point the setting at another file, or restore a backup"),
    ("malformed", "it is damaged: restore a backup; deliveries keep their ids, so nothing is counted twice"),
)


def explain(error: DBAPIError, place: str) -> LedgerError:
    """A :class:`LedgerError` for a driver's error; never quotes the statement, whose parameters are people's."""
    cause = str(error.orig).splitlines()[0] if error.orig is not None else type(error).__name__
    for symptom, advice in _ADVICE:
        if symptom in cause.lower():
            return LedgerError(f"ledger {place}: {advice} ({cause})")
    return LedgerError(f"ledger {place}: {type(error).__name__}: {cause}")


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn the database's errors into :class:`LedgerError` that names the ledger and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error, place) from None
