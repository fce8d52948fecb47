"""Who is meant by an e-mail address, a phone number or a record: all that the ledger has of the person.

The identity map decides as it does for what a purchase carries. An address is one person's. A number, or the id of a
person, is followed only where every record under it is of that person: else it is a household's, and of the others
nothing is erased.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.refunds import refunds_of
from closedwon.ledger.people.carried import events_carrying
from closedwon.ledger.people.forgetting import (
    Traces,
    entries_of_events,
    entries_of_records,
    events_with,
    identities_with,
    payloads_of,
    sightings_of_records,
    with_merged,
)
from closedwon.ledger.people.identities import RECORDS, sightings_of
from closedwon.ledger.people.record_ids import forms_of
from closedwon.pipeline.forgetting.keeping_out import (
    ANY_RECORD,
    EMAIL,
    EXTERNAL_ID,
    ORDER,
    PHONE,
    PHONE_ALONE,
    RECORD,
    heads,
    of_source,
)
from matching.identity import KINDS, crowded, link

_CALLED = {
    "em": EMAIL, "email_address": EMAIL, "hashed_email": EMAIL, "meta.em": EMAIL, "google.email": EMAIL,
    "ph": PHONE, "phone_number": PHONE, "hashed_phone_number": PHONE, "meta.ph": PHONE, "google.phone": PHONE,
}  # fmt: skip
"""What platforms and the identity map call the hash of an address or a number."""

_OF_ONE_PERSON = {"name": 1, "phone": 2}
"""How many of each the records under one address may have to be taken for one person's."""

_ADDRESS_NAMED = '"(em|email_address|hashed_email)":'
_SHORTEST_TEXT = 6
"""Of what is searched for in rejected rows: shorter ids are part of many words."""

Keys = Mapping[str, Collection[str]]
"""The first 128 bits of hashes, by kind: of addresses and numbers in any platform's form, and of persons' ids."""


class SharedError(ValueError):
    """What was asked for stands for many people."""


@dataclass
class Person:
    """What a person is known by.

    Attributes:
        keys: by :data:`EMAIL` and :data:`PHONE`, of which every conversion is theirs that has one; by
            :data:`PHONE_ALONE`, of which those are that have no address; and by :data:`EXTERNAL_ID`.
        sightings: of the person in the identity map; ``records``, theirs besides.
        of_several: whether the number that was asked for is of several people, who are not followed.
        told_apart: whether what was asked for stands beside more names or contacts than one person has.
    """

    keys: dict[str, set[str]]
    sightings: pl.DataFrame
    records: pl.DataFrame
    of_several: bool = False
    told_apart: bool = False


def person_of(ledger: Ledger, client: str, asked: Keys, records: pl.DataFrame, most: int) -> Person:
    """The person of the addresses and numbers ``asked`` for, and of ``records``.

    Raises:
        SharedError: an address or a number stands for more than ``most`` people.
    """
    merged = with_merged(ledger, client, records)
    events = entries_of_records(ledger, client, merged)["event_id"]
    sent = _keys_in(map(json.loads, payloads_of(ledger, client, events)))
    emails = {*asked[EMAIL], *sent[EMAIL]}
    by_number = _sightings(ledger, client, {PHONE: asked[PHONE]})
    own = _distinct(_sightings(ledger, client, {EMAIL: emails}), sightings_of_records(ledger, client, merged))
    _refuse_shared(_distinct(own, by_number), {*asked[EMAIL], *asked[PHONE]}, most)
    several = any(by_number[name].drop_nulls().n_unique() > 1 for name in ("email", "name"))
    person = Person(
        keys={EMAIL: emails, PHONE: set(asked[PHONE]), PHONE_ALONE: sent[PHONE], EXTERNAL_ID: set()},
        sightings=own,
        records=merged,
        of_several=several,
        told_apart=several or _told_apart(own, asked[EMAIL]),
    )
    if not person.of_several:
        person.sightings = _distinct(own, by_number)
    _follow(person, ledger, client, most)
    person.sightings = _distinct(person.sightings, by_number)
    return person


def _refuse_shared(sightings: pl.DataFrame, asked: Collection[str], most: int) -> None:
    if not _crowded(sightings, most).filter(pl.col("key").is_in(list(asked))).is_empty():
        raise SharedError


def _told_apart(sightings: pl.DataFrame, emails: Collection[str]) -> bool:
    """Whether the records of one of ``emails`` are of several people, as far as their names and numbers tell."""
    found = sightings.filter(pl.col("email").is_in(list(emails)))
    return any(found[name].drop_nulls().n_unique() > most for name, most in _OF_ONE_PERSON.items())


def _follow(person: Person, ledger: Ledger, client: str, most: int) -> None:
    """Add to ``person`` what the map has of them beside the sightings that it was found by."""
    around = _distinct(person.sightings, _sightings(ledger, client, _keys_of(person.sightings)))
    shared = _crowded(around, most)
    told = [
        pl.when(~pl.col(kind).is_in(shared.filter(by=kind)["key"].implode())).then(kind).alias(kind)
        for kind in KINDS
    ]
    # Records of different times are held together: what counts is whose they are.
    known = around.with_columns(*told, known_at=pl.lit(0)).with_row_index("sighting")
    found = known.join(person.sightings, on="identity", how="semi")
    links = link(found.with_columns(at=pl.lit(0)).rename({"sighting": "row"}), known)
    theirs = [*found["identity"], *known["identity"].gather(links.records["sighting"])]
    person.sightings = around.filter(pl.col("identity").is_in(theirs))
    keys = _keys_of(person.sightings)
    everybody = _distinct(around, _sightings(ledger, client, keys))
    others = _keys_of(everybody.join(person.sightings, on="identity", how="anti"))
    person.keys[EMAIL] |= keys["email"] | _keys_in(_found(person.sightings))[EMAIL]
    person.keys[EXTERNAL_ID] |= keys["external_id"] - others["external_id"]
    if person.keys[PHONE_ALONE] & others["phone"]:
        person.keys[PHONE_ALONE].clear()
    own_number = person.sightings.filter(~pl.col("phone").is_in(list(others["phone"])))
    person.keys[PHONE_ALONE] |= (keys["phone"] - others["phone"]) | _keys_in(_found(own_number))[PHONE]


def _found(sightings: pl.DataFrame) -> Iterator[Any]:
    return map(json.loads, sightings["found"].drop_nulls())


def traces_of(
    ledger: Ledger, client: str, person: Person, texts: Collection[str]
) -> tuple[Traces, pl.DataFrame]:
    """All that the ledger has of ``person``, and the stage entries that it is of.

    ``texts`` are what was asked for, as it was written.
    """
    surely = person.keys[EMAIL] | person.keys[PHONE]
    of_number = _has_any("payload", person.keys[PHONE_ALONE]) & ~pl.col("payload").str.contains(
        _ADDRESS_NAMED
    )
    records = _distinct_records(person.records, person.sightings.select(*RECORDS))
    events = events_with(ledger, client, _has_any("payload", surely) | of_number)
    events |= events_carrying(ledger, client, records)
    entries = pl.concat(
        [entries_of_records(ledger, client, records), entries_of_events(ledger, client, events)]
    ).unique("event_id")
    records = with_merged(ledger, client, _distinct_records(records, entries.select(*RECORDS)))
    refunds = [
        refunds_of(ledger, client, str(source), part["order_id"].drop_nulls())["event_id"]
        for (source,), part in entries.group_by("source")
    ]
    found = _has_any("found", surely)
    ids = [one for name in ("record_id", "order_id") for one in entries[name].drop_nulls().unique()]
    traces = Traces(
        identities={*person.sightings["identity"], *identities_with(ledger, client, found)},
        events={*events, *entries["event_id"], *(event for one in refunds for event in one)},
        records=records,
        texts={text for text in (*texts, *ids) if len(text) >= _SHORTEST_TEXT},
    )
    return traces, entries


def kept_out_of(person: Person, traces: Traces, entries: pl.DataFrame) -> dict[str, set[str]]:
    """By what the person is known again: values by kind, of which digests are kept."""
    orders = entries.drop_nulls("order_id").select("source", "order_id").unique()
    return {
        **person.keys,
        RECORD: {of_source(*record) for record in traces.records.select(*RECORDS).iter_rows()},
        ORDER: {of_source(*order) for order in orders.iter_rows()},
    }


def unknown_record(record_id: str, sources: Iterable[str]) -> dict[str, set[str]]:
    """By what a record is known again of which the ledger knows nothing."""
    return {ANY_RECORD: {of_source(source, form) for source in sources for form in forms_of(record_id)}}


def _keys_in(values: Iterable[Any]) -> dict[str, set[str]]:
    """The keys of addresses and numbers in payloads and sightings, whatever their form."""
    found: dict[str, set[str]] = {EMAIL: set(), PHONE: set()}
    for name, text in _texts(values):
        if kind := _CALLED.get(name):
            found[kind] |= heads([text])
    return found


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner, name)


def _has_any(column: str, keys: Collection[str]) -> pl.Expr:
    """Whether the hash of one of ``keys`` stands in ``column``."""
    return pl.col(column).str.contains_any(sorted(keys)) if keys else pl.lit(value=False)


def _sightings(ledger: Ledger, client: str, keys: Keys) -> pl.DataFrame:
    wanted = {kind: pl.Series(kind, sorted(of_kind), dtype=pl.String) for kind, of_kind in keys.items()}
    return sightings_of(ledger, client, wanted)


def _crowded(sightings: pl.DataFrame, most: int) -> pl.DataFrame:
    return crowded(sightings.select(*KINDS, "name", card=pl.lit(None, dtype=pl.String)), most)


def _keys_of(sightings: pl.DataFrame) -> dict[str, set[str]]:
    return {kind: set(sightings[kind].drop_nulls()) for kind in KINDS}


def _distinct(*sightings: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(sightings).unique("identity", maintain_order=True)


def _distinct_records(*records: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(records).unique(maintain_order=True)
