"""Going on when the database goes away for a moment: waiting for it, and committing a block once for all that."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from sqlalchemy import Connection, text
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from closedwon.ledger.errors import LedgerUnavailableError

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

Opener = Callable[[], AbstractContextManager[Connection]]
"""What opens a transaction."""

# An id of the future is one of a server that failed over and lost its last transactions.
_FATE = text(
    "SELECT CASE WHEN CAST(:id AS xid8) < pg_snapshot_xmax(pg_current_snapshot())"
    " THEN pg_xact_status(CAST(:id AS xid8)) END"
)


def patiently(work: Callable[[], _T], seconds: float) -> _T:
    """Do ``work``, again for ``seconds`` while the database is gone or busy.

    Raises:
        LedgerUnavailableError: it still was in the end.
    """
    trying = Retrying(
        retry=retry_if_exception_type(LedgerUnavailableError),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(seconds),
        before_sleep=_tell,
        reraise=True,
    )
    return trying(work)


def _tell(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        _log.warning("%s; trying again", state.outcome.exception())


class Once(Generic[_T]):
    """A block of writes that is done again until it is committed, and never after.

    A commit that got no answer may have happened. PostgreSQL is then asked what became of the transaction:
    https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT. SQLite always answers.
    """

    def __init__(self, work: Callable[[Connection], _T], *, reading: Opener, writing: Opener) -> None:
        self._work = work
        self._reading = reading
        self._writing = writing
        self._begun: str | None = None
        self._result: list[_T] = []

    def __call__(self) -> _T:
        """Do the block, unless it turns out to be done.

        Raises:
            LedgerUnavailableError: it is not done, or nobody can tell yet; call again.
        """
        if not (self._begun and self._result and self._happened(self._begun)):
            with self._writing() as connection:
                if connection.dialect.name == "postgresql":
                    self._begun = str(connection.execute(text("SELECT pg_current_xact_id()")).scalar_one())
                self._result = [self._work(connection)]
        return self._result[0]

    def _happened(self, transaction: str) -> bool:
        with self._reading() as connection:
            fate = connection.execute(_FATE, {"id": transaction}).scalar()
        if fate == "in progress":
            raise LedgerUnavailableError("ledger: the server has not yet noticed that the connection was cut")
        return bool(fate == "committed")
