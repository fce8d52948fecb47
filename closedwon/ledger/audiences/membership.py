"""Who belongs to an audience now, worked out of what the entries of each person say.

Somebody is a member who joined within the audience's days and did not leave since. Only persons of whom something new
was said are looked at, some at a time: a run that finds nothing new costs nothing, however many members there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from closedwon.ledger.audiences.candidates import look_again
from closedwon.ledger.audiences.standing import in_lane
from closedwon.ledger.audiences.states import GOING, Lane, Membership
from closedwon.ledger.bulk import AT_ONCE, among, frame, insert_rows, look_up, parts, upsert
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.schema import audience_entries, audience_members, audience_people, audiences, cursors

NEVER_CONFIRMED = timedelta(days=60)
"""How long who left is told of again, as long as the platform does not confirm that they are out."""


@dataclass(frozen=True)
class Terms:
    """What holds for the members of an audience at a destination.

    Attributes:
        days: how long somebody stays after the newest entry.
        least: what a member is worth at least.
        valued: whether the platform hears what a member is worth.
        renewed: whether it forgets who is not added again, so that it has to hear of newer entries.
    """

    days: int
    least: float | None = None
    valued: bool = False
    renewed: bool = False


_LANE = ["destination", "audience"]
_ONE = [*_LANE, "person"]
_TOLD_OF = ("value", "identifiers", "ad_personalization", "renewed_at")
"""What the platform hears of a member: where any of it is another, it is told again."""

_TERMS = {
    "destination": pl.String,
    "audience": pl.String,
    "least": pl.Float64,
    "valued": pl.Boolean,
    "renewed": pl.Boolean,
}
_ENTRIES = {
    "destination": pl.String,
    "audience": pl.String,
    "person": pl.String,
    "event_id": pl.String,
    "joins": pl.Boolean,
    "entered_at": pl.Int64,
    "value": pl.Float64,
    "identifiers": pl.String,
    "ad_personalization": pl.String,
}
_MEMBERS = {
    "destination": pl.String,
    "audience": pl.String,
    "person": pl.String,
    "state": pl.String,
    "value": pl.Float64,
    "identifiers": pl.String,
    "ad_personalization": pl.String,
    "renewed_at": pl.Int64,
    "told": pl.String,
}


def work_out(
    ledger: Ledger,
    client: str,
    terms: Mapping[Lane, Terms],
    now: datetime,
    *,
    rules: Mapping[str, str] | None = None,
) -> None:
    """Bring the members of ``client`` up to date; the client's lease must be held.

    Args:
        terms: of the audiences that the client's file declares.
        rules: by source, a digest of what the file asks of it.
    """
    _open_and_close(ledger, client, terms, rules or {}, microseconds(now))
    _forget_unconfirmed(ledger, client, before=microseconds(now - NEVER_CONFIRMED))
    for lane, its in terms.items():
        _age(ledger, client, lane, before=microseconds(now - timedelta(days=its.days)))
    while persons := _some_persons(ledger, client):
        with ledger.writing() as connection:
            _work_out(connection, client, persons, terms, microseconds(now))


def _some_persons(ledger: Ledger, client: str) -> list[str]:
    query = select(audience_people.c.person).where(audience_people.c.client == client).limit(AT_ONCE)
    with ledger.reading() as connection:
        return list(connection.scalars(query))


def _open_and_close(
    ledger: Ledger, client: str, terms: Mapping[Lane, Terms], rules: Mapping[str, str], stamp: int
) -> None:
    """Note the audiences that the client's file declares, and have everybody leave those that it declares no more."""
    with ledger.reading() as connection:
        query = select(audiences.c.destination, audiences.c.audience).where(audiences.c.client == client)
        noted = {(row.destination, row.audience) for row in connection.execute(query)}
    if new := sorted(terms.keys() - noted):
        with ledger.writing() as connection:
            rows = [
                {"client": client, "destination": at, "audience": to, "updated_at": stamp} for at, to in new
            ]
            connection.execute(insert(audiences), rows)
    for lane in sorted(noted - terms.keys()):
        with ledger.writing() as connection:
            connection.execute(delete(audience_entries).where(in_lane(audience_entries, client, lane)))
            _read_anew(connection, client, rules)
            members = in_lane(audience_members, client, lane)
            connection.execute(delete(audience_members).where(members, audience_members.c.told.is_(None)))
            connection.execute(
                update(audience_members)
                .where(members, audience_members.c.state.not_in(GOING))
                .values(**leaving(stamp))
            )


def _read_anew(connection: Connection, client: str, rules: Mapping[str, str]) -> None:
    """Have sources read from their beginning that were last read under other rules than ``rules``.

    They were read when the audience was still declared. Were it declared again before they are read, nothing else would
    tell that what they said of it is gone.
    """
    for source, asked in rules.items():
        own = and_(cursors.c.client == client, cursors.c.source == source, cursors.c.rules != asked)
        connection.execute(update(cursors).where(own).values(rules=""))


def _forget_unconfirmed(ledger: Ledger, client: str, *, before: int) -> None:
    """Forget who left, and was told of ever since without the platform's confirming that they are out."""
    left = and_(audience_members.c.client == client, audience_members.c.state == Membership.LEFT)
    with ledger.writing() as connection:
        connection.execute(delete(audience_members).where(left, audience_members.c.leaving_since < before))


def _age(ledger: Ledger, client: str, lane: Lane, *, before: int) -> None:
    """Delete what lies longer back than the audience's days, and look at its persons again."""
    old = and_(in_lane(audience_entries, client, lane), audience_entries.c.entered_at <= before)
    some = select(audience_entries.c.event_id, audience_entries.c.person).where(old).limit(AT_ONCE)
    while True:
        with ledger.writing() as connection:
            found = connection.execute(some).all()
            if not found:
                return
            these = among(connection, audience_entries.c.event_id, [row.event_id for row in found])
            connection.execute(delete(audience_entries).where(old, these))
            look_again(connection, client, {row.person for row in found})


def _work_out(
    connection: Connection, client: str, persons: list[str], terms: Mapping[Lane, Terms], stamp: int
) -> None:
    said = _frame(connection, client, persons, audience_entries, _ENTRIES)
    before = _frame(connection, client, persons, audience_members, _MEMBERS)
    wanted = _wanted(said, terms)
    _join(connection, client, wanted, before, stamp)
    _leave(connection, client, before.join(wanted, on=_ONE, how="anti"), stamp)
    _drop_spent(connection, client, said)
    own = and_(audience_people.c.client == client, among(connection, audience_people.c.person, persons))
    connection.execute(delete(audience_people).where(own))


def _wanted(said: pl.DataFrame, terms: Mapping[Lane, Terms]) -> pl.DataFrame:
    """Who is to be a member, as what, and with what value: :data:`_ONE` and :data:`_TOLD_OF`."""
    declared = pl.DataFrame(
        [(*lane, its.least, its.valued, its.renewed) for lane, its in terms.items()],
        schema=_TERMS,
        orient="row",
    )
    # Who refused by another record is not known by anything.
    known = pl.col("identifiers").is_not_null()
    standing = said.join(declared, on=_LANE).filter("joins", ~_is_spent(), known)
    of_person = (
        standing.sort("entered_at", "event_id", descending=True)
        .group_by(_ONE, maintain_order=True)
        .agg(
            pl.col("entered_at", "identifiers", "ad_personalization", "least", "valued", "renewed").first(),
            value=pl.when(pl.col("value").is_not_null().any()).then(pl.col("value").sum().round(6)),
        )
    )
    worth_it = pl.col("least").is_null() | (pl.col("value") >= pl.col("least"))
    return (
        of_person.filter(worth_it.fill_null(value=False))
        .with_columns(
            # A platform that hears of values takes no member without one.
            value=pl.when("valued").then(pl.col("value").fill_null(0.0)),
            renewed_at=pl.when("renewed").then("entered_at"),
        )
        .select(*_ONE, *_TOLD_OF)
    )


def _is_spent() -> pl.Expr:
    """Whether the person left after the entry, or at the very time of it."""
    left = pl.col("entered_at").filter(~pl.col("joins")).max().over(_ONE)
    return (pl.col("entered_at") <= left).fill_null(value=False) & pl.col("joins")


def _join(
    connection: Connection, client: str, wanted: pl.DataFrame, before: pl.DataFrame, stamp: int
) -> None:
    """Have the platform told of who is ``wanted``, where it has not been told the very same."""
    stays = before.filter(~pl.col("state").is_in(GOING))
    news = wanted.join(stays, on=[*_ONE, *_TOLD_OF], how="anti", nulls_equal=True)
    statement = upsert(connection, audience_members)
    names = ("state", *_TOLD_OF, "reason", "message", "leaving_since", "updated_at")
    joined = statement.on_conflict_do_update(
        index_elements=["client", *_ONE], set_={name: statement.excluded[name] for name in names}
    )
    nothing = {name: pl.lit(None, dtype=pl.String) for name in ("reason", "message")}
    since = pl.lit(None, dtype=pl.Int64)
    rows = news.with_columns(state=pl.lit(Membership.JOINING.value), leaving_since=since, **nothing)
    insert_rows(connection, joined, rows, client=client, updated_at=stamp)


def _leave(connection: Connection, client: str, left: pl.DataFrame, stamp: int) -> None:
    """Have the platform told of who ``left``; of whom it never heard nothing is kept."""
    one = and_(
        audience_members.c.client == client,
        audience_members.c.destination == bindparam("at"),
        audience_members.c.audience == bindparam("to"),
        audience_members.c.person == bindparam("of"),
    )
    never = _parameters(left.filter(pl.col("told").is_null()))
    if never:
        connection.execute(delete(audience_members).where(one), never)
    heard = left.filter(pl.col("told").is_not_null(), ~pl.col("state").is_in(GOING))
    if rows := _parameters(heard):
        connection.execute(update(audience_members).where(one).values(**leaving(stamp)), rows)


def leaving(stamp: int) -> dict[str, object]:
    """What is left of a member whom the platform is to take out: by what it knows them."""
    nothing = dict.fromkeys(("identifiers", "value", "ad_personalization", "reason", "message"))
    return {"state": Membership.LEAVING, "leaving_since": stamp, "updated_at": stamp, **nothing}


def _parameters(members: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {"at": destination, "to": audience, "of": person}
        for destination, audience, person in members.select(*_ONE).iter_rows()
    ]


def _drop_spent(connection: Connection, client: str, said: pl.DataFrame) -> None:
    """Forget as what platforms know somebody, by entries before the person left: they count no more."""
    spent = said.filter(_is_spent()).select("event_id", *_LANE)
    for (destination, audience), part in spent.group_by(_LANE):
        for events in parts(part["event_id"]):
            here = in_lane(audience_entries, client, (str(destination), str(audience)))
            connection.execute(
                delete(audience_entries).where(here, among(connection, audience_entries.c.event_id, events))
            )


def _frame(
    connection: Connection,
    client: str,
    persons: list[str],
    table: Table,
    schema: Mapping[str, type[pl.DataType]],
) -> pl.DataFrame:
    query = select(*(table.c[name] for name in schema)).where(table.c.client == client)
    return frame(look_up(connection, query, table.c.person, persons), schema)
