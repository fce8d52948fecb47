"""Frozen versions of learned values: what a conversion's ``value_version`` names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select

from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.schema import value_versions


@dataclass(frozen=True)
class Version:
    """Values that were frozen.

    Attributes:
        version: the day and its running number, such as ``2026-11-22.1``.
        settings: what they were learned under; ``learned``: what was learned; both as they were given to be saved.
    """

    version: str
    learned_at: datetime
    settings: Mapping[str, Any]
    learned: Mapping[str, Any]


def newest_version(ledger: Ledger, client: str) -> Version | None:
    """The version that was frozen last; None before the first."""
    query = (
        select(value_versions)
        .where(value_versions.c.client == client)
        .order_by(value_versions.c.learned_at.desc())
        .limit(1)
    )
    with ledger.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return Version(row.version, moment(row.learned_at), json.loads(row.settings), json.loads(row.learned))


def save_version(
    ledger: Ledger, client: str, *, settings: Mapping[str, Any], learned: Mapping[str, Any], now: datetime
) -> str:
    """Freeze what was ``learned``; returns the version's name, which is new.

    It is the newest, whatever the clock says.
    """
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    with ledger.writing() as connection:
        newest = connection.scalar(
            select(func.max(value_versions.c.learned_at)).where(value_versions.c.client == client)
        )
        names = connection.scalars(
            select(value_versions.c.version).where(
                value_versions.c.client == client, value_versions.c.version.startswith(f"{day}.")
            )
        )
        number = max((int(name.rpartition(".")[2]) for name in names), default=0) + 1
        version = f"{day}.{number}"
        connection.execute(
            insert(value_versions).values(
                client=client,
                version=version,
                learned_at=max(microseconds(now), (newest or 0) + 1),
                settings=json.dumps(settings),
                learned=json.dumps(learned),
            )
        )
    return version
