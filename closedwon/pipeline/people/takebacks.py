"""What is taken out of deliveries again: what they carried of who refused, and what proves to be nobody's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

import polars as pl

from closedwon.ledger.incoming.intake import Intake
from closedwon.ledger.people.carried import LIGHTENED
from closedwon.pipeline.people.people import People
from uploads.base import Drops, Uploader

_Row = dict[str, Any]
_Places = set[tuple[str, int]]
_DELIVERY = ["destination", "event_id"]


def lightened(
    people: People, intake: Intake, uploaders: Mapping[str, Uploader], *, judged: pl.DataFrame
) -> pl.DataFrame:
    """The deliveries that have something which ``people`` take back, or many of them share, without it.

    They are few: what waits is sent by the end of a run, and an address is found to be shared once. Those that the
    same batch has ``judged`` anew (``destination``, ``event_id``) are right already, unless they were tried before
    and so keep what they had.
    """
    carrying = without_records(people.new.forgotten, intake, uploaders)
    holding = intake.holding(people.newly_shared)
    mended = carrying.filter(pl.col("payload").is_not_null()).join(holding, on=_DELIVERY, how="semi")
    both = pl.concat([mended, holding.join(carrying, on=_DELIVERY, how="anti")])
    unshared = _without(both, uploaders, lambda _: _of_hashes(people.newly_shared))
    every = pl.concat([carrying.join(unshared, on=_DELIVERY, how="anti"), unshared])
    anew = every.filter(pl.col("attempts") == 0).join(judged, on=_DELIVERY, how="semi")
    return every.join(anew, on=_DELIVERY, how="anti")


def without_records(records: pl.DataFrame, intake: Intake, uploaders: Mapping[str, Uploader]) -> pl.DataFrame:
    """The deliveries that carry something of ``records`` (``source``, ``object``, ``record_id``), without it."""
    theirs = set(records.select("source", "object", "record_id").iter_rows())
    return _without(intake.carrying(records), uploaders, lambda row: _of_records(row, theirs))


def _of_records(row: _Row, records: Collection[tuple[str, ...]]) -> Drops:
    places = {
        _split(origin["identifier"])
        for origin in _origins(row)
        if (origin["source"], origin["object"], origin["record_id"]) in records
    }
    return lambda name, place, _: (name, place) in places


def _of_hashes(hashes: Collection[str]) -> Drops:
    """An identifier of several parts, such as a postal address, is never one of them."""
    return lambda _name, _place, value: isinstance(value, str) and value in hashes


def _without(
    found: pl.DataFrame, uploaders: Mapping[str, Uploader], drops_of: Callable[[_Row], Drops]
) -> pl.DataFrame:
    """What is left of ``found``; of a destination that the client's file no longer names, nothing."""
    rows = [
        _lightened(row, uploaders.get(row["destination"]), drops_of(row))
        for row in found.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=LIGHTENED)


def _lightened(row: _Row, uploader: Uploader | None, drops: Drops) -> _Row:
    dropped: _Places = set()

    def noting(name: str, place: int, value: Any) -> bool:
        drop = drops(name, place, value)
        if drop:
            dropped.add((name, place))
        return drop

    left = uploader.without(json.loads(row["payload"]), noting) if uploader else None
    if uploader is None or left is None:
        return row | {"payload": None, "identifiers": None, "carried": None}
    kept = [
        origin | {"identifier": _moved(origin["identifier"], dropped)}
        for origin in _origins(row)
        if _split(origin["identifier"]) not in dropped
    ]
    return row | {
        "payload": _json(left),
        "identifiers": " ".join(uploader.named(left)),
        "carried": _json(kept) if kept else None,
    }


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _origins(row: _Row) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(row["carried"] or "[]")
    return found


def _split(identifier: str) -> tuple[str, int]:
    """``em[1]`` as the name and the place; what an event has one of is at place 0."""
    name, _, place = identifier.partition("[")
    return name, int(place.removesuffix("]")) if place else 0


def _moved(identifier: str, dropped: _Places) -> str:
    """``identifier`` at its place once what stood before it is gone."""
    name, place = _split(identifier)
    before = sum(other == name and one < place for other, one in dropped)
    return f"{name}[{place - before}]" if "[" in identifier else identifier
