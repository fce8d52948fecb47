"""Erasing a person from audiences: what speaks for memberships goes at once, a membership once the platform ended it.

A platform takes somebody out by the hashes that it was told. So those of a member are kept for that alone, and deleted
with the platform's answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import polars as pl
from sqlalchemy import Connection, CursorResult, and_, delete, func, select, update

from closedwon.ledger.audiences.candidates import persons_of_events
from closedwon.ledger.audiences.membership import leaving
from closedwon.ledger.audiences.states import GOING, Membership
from closedwon.ledger.bulk import among, frames, parts
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import audience_entries, audience_members, audience_people


def persons_meant(
    ledger: Ledger, client: str, *, keys: Collection[str], hashes: Collection[str], events: Collection[str]
) -> set[str]:
    """Under which keys audiences know somebody.

    Args:
        keys: of the identity map, which are theirs.
        hashes: beginnings of hashes which only they are known by; what platforms were told is searched for them.
        events: of theirs.
    """
    with ledger.reading() as connection:
        found = set(keys) | persons_of_events(connection, client, events)
        for table, column in (
            (audience_entries, audience_entries.c.identifiers),
            (audience_members, audience_members.c.told),
        ):
            query = select(table.c.person, column.label("text")).where(
                table.c.client == client, column.is_not(None)
            )
            schema = {"person": pl.String, "text": pl.String}
            for part in frames(connection, query, schema) if hashes else ():
                found |= set(part.filter(pl.col("text").str.contains_any(sorted(hashes)))["person"])
    return found


def erase_members(connection: Connection, client: str, persons: Collection[str], stamp: int) -> int:
    """Erase ``persons`` from audiences, but for what the platforms need to take them out; returns how many rows."""
    count = 0
    for part in parts(persons):
        for table in (audience_entries, audience_people):
            own = and_(table.c.client == client, among(connection, table.c.person, part))
            count += _count(connection.execute(delete(table).where(own)))
        members = and_(
            audience_members.c.client == client, among(connection, audience_members.c.person, part)
        )
        never_told = and_(members, audience_members.c.told.is_(None))
        count += _count(connection.execute(delete(audience_members).where(never_told)))
        stays = and_(members, audience_members.c.state.not_in(GOING))
        count += _count(connection.execute(update(audience_members).where(stays).values(**leaving(stamp))))
    return count


def going(ledger: Ledger, client: str, persons: Collection[str]) -> dict[str, Counter[Membership]]:
    """How many memberships of ``persons`` each destination is still to be told to end, or to confirm."""
    found: dict[str, Counter[Membership]] = {}
    with ledger.reading() as connection:
        for part in parts(persons):
            own = and_(
                audience_members.c.client == client,
                audience_members.c.state.in_(GOING),
                among(connection, audience_members.c.person, part),
            )
            by = (audience_members.c.destination, audience_members.c.state)
            for row in connection.execute(select(*by, func.count().label("number")).where(own).group_by(*by)):
                found.setdefault(row.destination, Counter())[Membership(row.state)] += row.number
    return found


def _count(result: CursorResult[object]) -> int:
    return result.rowcount
