"""A client's last 90 days out of the ledger, as two frames.

Ids of stage entries are digests, so that those below a bound are a random sample of them all: of a large ledger one is
read by the primary key, and a measure takes the same moment at a million deliveries as at a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, func, select

from closedwon.ledger import Ledger
from closedwon.ledger.bulk import frame
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.schema import deliveries, runs, stage_entries
from closedwon.readiness.figures import LONGER_DAYS, RECENT_DAYS
from config.settings import ClientSettings

SAMPLE = 50_000
"""About as many stage entries as are looked at, with all deliveries of each."""

_DIGITS = 6
_ENTRIES = {"stage": pl.String, "entered_at": pl.Int64, "lead_created_at": pl.Int64}
_DELIVERIES = {
    "destination": pl.String,
    "stage": pl.String,
    "event_time": pl.Int64,
    "state": pl.String,
    "reason": pl.String,
    "identifiers": pl.String,
    "value": pl.Float64,
    "currency": pl.String,
    "accepted_at": pl.Int64,
}


@dataclass(frozen=True)
class Window:
    """What happened in the last ``days``.

    Attributes:
        entries: ``stage``, ``entered_at``, ``lead_created_at``.
        deliveries: ``destination``, ``stage``, ``event_time``, ``state``, ``reason``, ``identifiers`` (names with
            spaces between), ``value`` and ``currency`` (as the platform was told), ``accepted_at``.
        share: which share of all the two hold.
        began: the time of the client's first run, in microseconds; what is older was read late. None before it.

    Times are UTC in microseconds.
    """

    days: int
    entries: pl.DataFrame
    deliveries: pl.DataFrame
    share: float
    began: int | None

    def sent_to(self, destination: str, stages: Collection[str]) -> pl.DataFrame:
        """The deliveries of ``stages`` to ``destination``."""
        return self.deliveries.filter(
            pl.col("destination") == destination, pl.col("stage").is_in(list(stages))
        )

    def as_they_happened(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Those of ``frame`` that happened since Closedwon runs: the others wait for the first run, whatever it is."""
        return frame.filter(
            pl.col("event_time") >= self.began if self.began is not None else pl.lit(value=False)
        )


@dataclass(frozen=True)
class History:
    """The client's last 28 and 90 days."""

    recent: Window
    longer: Window


def history(ledger: Ledger, settings: ClientSettings, now: datetime) -> History:
    """What the ledger holds of the client's last 90 days, or a sample of it."""
    client = settings.client
    since = microseconds(now - timedelta(days=LONGER_DAYS))
    with ledger.reading() as connection:
        share = _share(connection, client)
        bound = None if share == 1 else f"{round(share * 16**_DIGITS):0{_DIGITS}x}"
        entries = frame(connection.execute(_entries(client, since, bound)), _ENTRIES)
        sent = frame(connection.execute(_sent(client, since, bound)), _DELIVERIES)
        began = connection.execute(
            select(runs.c.started_at).where(runs.c.client == client).order_by(runs.c.id).limit(1)
        ).scalar()
    recent = microseconds(now - timedelta(days=RECENT_DAYS))
    return History(
        Window(
            RECENT_DAYS,
            entries.filter(pl.col("entered_at") >= recent),
            sent.filter(pl.col("event_time") >= recent),
            share,
            began,
        ),
        Window(LONGER_DAYS, entries, sent, share, began),
    )


def _share(connection: Connection, client: str) -> float:
    held = connection.execute(
        select(func.count()).select_from(stage_entries).where(stage_entries.c.client == client)
    ).scalar_one()
    return min(1.0, SAMPLE / held) if held else 1.0


def _entries(client: str, since: int, bound: str | None) -> Select[Any]:
    query = select(*(stage_entries.c[name] for name in _ENTRIES)).where(
        stage_entries.c.client == client, stage_entries.c.entered_at >= since
    )
    return query if bound is None else query.where(stage_entries.c.event_id < bound)


def _sent(client: str, since: int, bound: str | None) -> Select[Any]:
    own: dict[str, ColumnElement[Any]] = {name: deliveries.c[name] for name in _DELIVERIES}
    own["value"] = func.coalesce(deliveries.c.told_value, deliveries.c.value).label("value")
    own["currency"] = func.coalesce(deliveries.c.told_currency, deliveries.c.currency).label("currency")
    query = select(*own.values()).where(deliveries.c.client == client, deliveries.c.event_time >= since)
    return query if bound is None else query.where(deliveries.c.event_id < bound)
