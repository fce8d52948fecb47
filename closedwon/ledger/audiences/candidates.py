"""What speaks for memberships, kept with the batch that said it: who has to be looked at again is noted beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import polars as pl
from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, select, update

from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.bulk import among, frame, insert_rows, look_up, parts, upsert
from closedwon.ledger.schema import audience_entries, audience_members, audience_people

CANDIDATES = {
    "event_id": pl.String,
    "destination": pl.String,
    "audience": pl.String,
    "person": pl.String,
    "joins": pl.Boolean,
    "entered_at": pl.Int64,
    "value": pl.Float64,
    "full_value": pl.Float64,
    "identifiers": pl.String,
    "ad_personalization": pl.String,
}
"""Schema of what entries say of memberships; see the table ``audience_entries``."""

ALIASES = {"alias": pl.String, "person": pl.String}
"""Schema of keys by which persons were known before."""

RELENTING = {
    "destination": pl.String,
    "person": pl.String,
    "identifiers": pl.String,
    "ad_personalization": pl.String,
}
"""Schema of what platforms know persons by who are in an audience again."""

_KEY = ("event_id", "destination", "audience")


@dataclass(frozen=True)
class Candidates:
    """What a batch says of memberships.

    Attributes:
        entries: a frame of :data:`CANDIDATES`.
        judged: the events of the batch: what they said before, and say no more, is deleted.
        aliases: ``alias``, by which a ``person`` was known before; what was said of it is the person's.
        refusing: persons who are to be in no audience, whatever earlier batches said of them.
        relenting: persons who refused before and agree now (:data:`RELENTING`): what their other records said counts
            again.
    """

    entries: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CANDIDATES))
    judged: pl.Series = field(default_factory=lambda: pl.Series("event_id", [], dtype=pl.String))
    aliases: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ALIASES))
    refusing: pl.Series = field(default_factory=lambda: pl.Series("person", [], dtype=pl.String))
    relenting: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RELENTING))


def keep_candidates(connection: Connection, client: str, candidates: Candidates) -> None:
    """Keep what a batch says, and note the persons of whom it says something else than before."""
    before = _entries_of(connection, client, candidates.judged)
    now = candidates.entries
    same = list(CANDIDATES)
    news = now.join(before, on=same, how="anti", nulls_equal=True, maintain_order="left")
    gone = before.join(now, on=list(_KEY), how="anti")
    changed = before.join(now, on=same, how="anti", nulls_equal=True)
    _delete(connection, client, gone)
    statement = upsert(connection, audience_entries)
    replaced = statement.on_conflict_do_update(
        index_elements=["client", *_KEY],
        set_={name: statement.excluded[name] for name in CANDIDATES if name not in _KEY},
    )
    insert_rows(connection, replaced, news.select(*CANDIDATES), client=client)
    look_again(connection, client, pl.concat([news["person"], changed["person"]]))
    _move_aliases(connection, client, candidates.aliases)
    _silence(connection, client, candidates.refusing)
    _let_speak(connection, client, candidates.relenting)


def drop_events(connection: Connection, client: str, events: Iterable[str]) -> None:
    """Delete what ``events`` say, whose records are gone."""
    found = _entries_of(connection, client, events)
    _delete(connection, client, found)
    look_again(connection, client, found["person"])


def _silence(connection: Connection, client: str, persons: Iterable[str]) -> None:
    """Forget what platforms know ``persons`` by, who leave every audience."""
    for part in parts(persons):
        known: set[str] = set()
        for table, by in (
            (audience_entries, audience_entries.c.identifiers),
            (audience_members, audience_members.c.identifiers),
        ):
            own = and_(table.c.client == client, among(connection, table.c.person, part), by.is_not(None))
            known |= set(connection.scalars(select(table.c.person).where(own).distinct()))
        own = and_(audience_entries.c.client == client, among(connection, audience_entries.c.person, part))
        nothing = dict.fromkeys(("identifiers", "ad_personalization"))
        connection.execute(update(audience_entries).where(own).values(**nothing))
        look_again(connection, client, known)


def _let_speak(connection: Connection, client: str, relenting: pl.DataFrame) -> None:
    """Have what was silenced count again, under what platforms know the persons by now."""
    if relenting.is_empty():
        return
    silenced = and_(
        audience_entries.c.client == client,
        audience_entries.c.destination == bindparam("at"),
        audience_entries.c.person == bindparam("of"),
        audience_entries.c.joins,
        audience_entries.c.identifiers.is_(None),
    )
    heard: dict[str, BindParameter[str]] = {
        "identifiers": bindparam("by"),
        "ad_personalization": bindparam("personalization"),
    }
    rows = [
        {"at": destination, "of": person, "by": identifiers, "personalization": personalization}
        for destination, person, identifiers, personalization in relenting.select(*RELENTING).iter_rows()
    ]
    connection.execute(update(audience_entries).where(silenced).values(**heard), rows)
    look_again(connection, client, relenting["person"])


def revalue_candidates(connection: Connection, client: str, revalued: pl.DataFrame) -> None:
    """Lower the values of orders that were refunded: ``event_id`` and ``kept``, the share that was not.

    Of what was given back altogether nobody is a member.
    """
    found = (
        _entries_of(connection, client, revalued["event_id"]).filter("joins").join(revalued, on="event_id")
    )
    whole = found.filter(pl.col("kept") <= 0)
    _delete(connection, client, whole)
    lower = found.filter(pl.col("kept") > 0).drop_nulls("full_value")
    rows = lower.with_columns(value=(pl.col("full_value") * pl.col("kept")).round(6)).select(*CANDIDATES)
    statement = upsert(connection, audience_entries)
    replaced = statement.on_conflict_do_update(
        index_elements=["client", *_KEY], set_={"value": statement.excluded["value"]}
    )
    insert_rows(connection, replaced, rows, client=client)
    look_again(connection, client, pl.concat([whole["person"], rows["person"]]))


def persons_of_events(connection: Connection, client: str, events: Iterable[str]) -> set[str]:
    """The persons of whom ``events`` say something."""
    return set(_entries_of(connection, client, events)["person"])


def _move_aliases(connection: Connection, client: str, aliases: pl.DataFrame) -> None:
    """Give persons what was said of their aliases.

    To take out an alias may take out the person, whom platforms know by the same: the person joins once more.
    """
    known: set[str] = set()
    for part in parts(aliases["alias"]):
        own = and_(audience_entries.c.client == client, among(connection, audience_entries.c.person, part))
        known |= set(connection.scalars(select(audience_entries.c.person).where(own).distinct()))
    moved = aliases.filter(pl.col("alias").is_in(sorted(known)))
    rows = [{"from": alias, "into": person} for alias, person in moved.select(*ALIASES).iter_rows()]
    if not rows:
        return
    of_alias = and_(audience_entries.c.client == client, audience_entries.c.person == bindparam("from"))
    connection.execute(update(audience_entries).where(of_alias).values(person=bindparam("into")), rows)
    for part in parts(moved["person"]):
        members = and_(
            audience_members.c.client == client,
            audience_members.c.state == Membership.MEMBER,
            among(connection, audience_members.c.person, part),
        )
        connection.execute(update(audience_members).where(members).values(state=Membership.JOINING))
    look_again(connection, client, pl.concat([moved["alias"], moved["person"]]))


def look_again(connection: Connection, client: str, persons: Collection[str] | pl.Series) -> None:
    """Note that the memberships of ``persons`` are to be worked out anew."""
    noted = pl.DataFrame({"person": sorted(set(persons))}, schema={"person": pl.String})
    insert_rows(
        connection, upsert(connection, audience_people).on_conflict_do_nothing(), noted, client=client
    )


def _entries_of(connection: Connection, client: str, events: Iterable[str]) -> pl.DataFrame:
    query = select(*(audience_entries.c[name] for name in CANDIDATES)).where(
        audience_entries.c.client == client
    )
    if connection.execute(query.limit(1)).first() is None:
        return pl.DataFrame(schema=CANDIDATES)
    return frame(look_up(connection, query, audience_entries.c.event_id, events), CANDIDATES)


def _delete(connection: Connection, client: str, entries: pl.DataFrame) -> None:
    rows = [
        {"of": event, "at": destination, "to": audience}
        for event, destination, audience in entries.select(*_KEY).iter_rows()
    ]
    if rows:
        one = and_(
            audience_entries.c.client == client,
            audience_entries.c.event_id == bindparam("of"),
            audience_entries.c.destination == bindparam("at"),
            audience_entries.c.audience == bindparam("to"),
        )
        connection.execute(delete(audience_entries).where(one), rows)
