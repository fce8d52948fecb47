"""Leaves out of what is read the people who were forgotten, before anything of them is stored.

A row is theirs by its e-mail address, by its number, by the id of the person in the source, or by the record's own id
or order: another record of somebody who was forgotten is theirs too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.people.keeping_out import KeptOut, kept_out
from config.settings import ClientSettings
from connectors.base import Gone
from matching import PLATFORMS, Platform, identifiers_of
from matching.identity import person_keys

EMAIL, PHONE, EXTERNAL_ID = "email", "phone", "external_id"
"""What was asked for, or is surely the person's: every row that has it is left out."""
PHONE_ALONE = "phone_alone"
"""A number that was known of the person: somebody else's address beside it makes it a household's."""
RECORD, ORDER = "record", "order"
ANY_RECORD = "any_record"
"""An id that nothing was known of, so that it may be of any of the source's objects."""

_OF_PEOPLE = (EMAIL, PHONE, PHONE_ALONE, EXTERNAL_ID)
_HEAD = 32
_SEPARATOR = "\x1f"
_PERSON = ("email", "phone", "external_id", "country")

_HASHED: dict[Platform, tuple[str, str]] = {"google": ("email", "phone"), "meta": ("em", "ph")}
_FORMS = {EMAIL: ("google.email", "meta.em"), PHONE: ("google.phone", "meta.ph")}
_VALUES = {
    EMAIL: _FORMS[EMAIL],
    PHONE: _FORMS[PHONE],
    PHONE_ALONE: _FORMS[PHONE],
    EXTERNAL_ID: ("external_id",),
    RECORD: ("record",),
    ANY_RECORD: ("any_record",),
    ORDER: ("order",),
}
"""The columns of :func:`_with_values` in which a value of each kind may stand."""


def heads(hashes: Iterable[str]) -> set[str]:
    """What is kept of the hash of an address or a number: as much as a key of the identity map has."""
    return {one[:_HEAD] for one in hashes}


def of_source(*parts: str) -> str:
    """An id as it is kept: a source's own, and its object's where that is known."""
    return _SEPARATOR.join(parts)


class Exclusion:
    """The people of one client who are kept out of one source."""

    def __init__(self, settings: ClientSettings, source: str, ledger: Ledger) -> None:
        self._settings = settings
        self._source = source
        self._kept_out = kept_out(ledger, settings.client)

    def rest(self, entries: pl.DataFrame) -> pl.DataFrame:
        """``entries`` (stage-entry columns) without those of people who were forgotten."""
        known = self._kept_out
        return (
            entries if known is None or entries.is_empty() else entries.filter(~self._theirs(known, entries))
        )

    def rest_of_gone(self, gone: Iterable[Gone]) -> list[Gone]:
        """``gone`` without forgotten records; one that was merged into such a record is gone altogether."""
        every = list(gone)
        known = self._kept_out
        if known is None or not every:
            return every
        lost = self._theirs(known, self._records([(one.object_name, one.record_id) for one in every]))
        into = self._theirs(known, self._records([(one.object_name, one.merged_into) for one in every]))
        return [
            replace(one, merged_into=None) if is_into else one
            for one, is_lost, is_into in zip(every, lost, into, strict=True)
            if not is_lost
        ]

    def _records(self, records: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
        """Records as stage entries that say nothing of anybody."""
        ids = pl.DataFrame(records, schema={"object": pl.String, "record_id": pl.String}, orient="row")
        nothing = {name: pl.lit(None, dtype=pl.String) for name in (*_PERSON, "order_id")}
        return ids.with_columns(source=pl.lit(self._source), **nothing)

    def _theirs(self, known: KeptOut, entries: pl.DataFrame) -> pl.Series:
        """Which of ``entries`` are of people who were forgotten."""
        valued = _with_values(entries)
        if known.digests.keys() & set(_OF_PEOPLE):
            valued = pl.concat([valued, self._hashes(entries)], how="horizontal")
        theirs = {
            kind: pl.any_horizontal(known.has(kind, pl.col(name)) for name in names)
            for kind, names in _VALUES.items()
            if kind in known.digests
        }
        if PHONE_ALONE in theirs:
            theirs[PHONE_ALONE] &= pl.all_horizontal(pl.col(_FORMS[EMAIL]).is_null())
        return valued.select(pl.any_horizontal(theirs.values())).to_series()

    def _hashes(self, entries: pl.DataFrame) -> pl.DataFrame:
        """What platforms would be sent of each row's address and number, cut, and the key of its person's id."""
        person = entries.select(name for name in _PERSON if name in entries.columns)
        ids = identifiers_of(person, PLATFORMS, self._settings.country)
        forms = [
            ids[platform][f"id.{name}"].str.head(_HEAD).alias(f"{platform}.{name}")
            for platform in PLATFORMS
            for name in _HASHED[platform]
        ]
        keys = person_keys(entries["source"], ids["google"], ids["meta"])
        return pl.DataFrame([*forms, keys["external_id"]])


def _with_values(entries: pl.DataFrame) -> pl.DataFrame:
    return entries.select(
        record=pl.concat_str("source", "object", "record_id", separator=_SEPARATOR),
        any_record=pl.concat_str("source", "record_id", separator=_SEPARATOR),
        order=pl.concat_str("source", "order_id", separator=_SEPARATOR),
    )
