"""Upload sessions of Meta's audiences: batches of one schema, numbered from one, within ninety minutes.

What became of a batch that got no answer is not known, and whether Meta takes its number a second time is not
documented. So after any failure a new session begins with that batch; Meta ends the old one by itself.
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence

LONGEST = 80 * 60.0
"""Seconds after which no batch is added to a session: Meta discards what comes after ninety minutes."""


class Session:
    """The session that an upload is in; its ids are random, since they must be unique within the ad account."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.restart()

    @property
    def name(self) -> str:
        """The last batch, as it can be asked for at Meta: ``<session>/<number>``."""
        return f"{self._id}/{self._batch}"

    def restart(self) -> None:
        """Leave the session as it is: the next batch begins another one."""
        self._id = secrets.randbelow(2**63 - 1) + 1
        self._batch = 0
        self._began = self._clock()
        self._taken = 0
        self._schema: Sequence[str] | None = None

    def batch(self, schema: Sequence[str], rows_left: int, *, last: bool) -> str:
        """The next batch's ``session`` parameter as JSON; ``rows_left`` is about how many rows are still to come.

        A batch with other keys than the one before begins a session of its own.
        """
        if self._clock() - self._began > LONGEST or self._schema not in (None, schema):
            self.restart()
        self._schema = schema
        self._batch += 1
        return json.dumps(
            {
                "session_id": self._id,
                "batch_seq": self._batch,
                "last_batch_flag": last,
                "estimated_num_total": self._taken + rows_left,
            }
        )

    def taken(self, rows: int) -> int:
        """Count rows that were sent; returns those of the whole session, which Meta's answer counts too."""
        self._taken += rows
        return self._taken
