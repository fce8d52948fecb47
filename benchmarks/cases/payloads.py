"""Purchases with their people in clear to Meta's events as JSON text, a text an event."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks import people_rows
from benchmarks.case import Case, Contender
from benchmarks.cases.rows_as_dicts import as_asked_for
from benchmarks.people_rows import META_COLUMNS, PREPARED, gender_by_letter

if TYPE_CHECKING:
    from uploads.meta import MetaUploader

_UNRESTRICTED = "unspecified"
_NOTHING_CARRIED = {f"more.{name}": pl.lit(None, pl.List(pl.String)) for name in ("em", "ph")}
"""What other records of the same person would add: the SDK knows of none."""


def _conversions(frame: pl.DataFrame) -> pl.DataFrame:
    """The people of ``frame`` and their purchases, with the columns of :mod:`uploads.base`."""
    return frame.select(
        *META_COLUMNS,
        pl.selectors.starts_with(PREPARED),
        "order_id",
        event_id=pl.lit("0" * 22) + pl.col("order_id").str.to_lowercase(),
        kind=pl.lit("pos"),
        system=pl.lit("POS"),
        stage=pl.lit("purchase"),
        name=pl.lit("Purchase"),
        event_time=pl.col("entered_at"),
        value=pl.col("amount"),
        currency=pl.lit("EUR"),
        ad_user_data=pl.lit(_UNRESTRICTED),
        ad_personalization=pl.lit(_UNRESTRICTED),
    )


def _ours_rows(frame: pl.DataFrame) -> pl.DataFrame:
    return _conversions(frame).select(pl.exclude(f"^{PREPARED}.*$"))


def _hashed_rows(frame: pl.DataFrame) -> pl.DataFrame:
    return _identified(_ours_rows(frame))


def _identified(conversions: pl.DataFrame) -> pl.DataFrame:
    from matching import identifiers

    return conversions.hstack(identifiers(conversions, "meta", "FR")).with_columns(**_NOTHING_CARRIED)


def _ours(conversions: pl.DataFrame) -> list[str]:
    return _ours_from_hashes(_identified(conversions))


def _ours_from_hashes(identified: pl.DataFrame) -> list[str]:
    from uploads.meta import event_json

    deliveries = identified.select(
        "event_id",
        "name",
        "value",
        "currency",
        pl.col("event_time").dt.epoch("us"),
        payload=_uploader().payload(),
    )
    return deliveries.select(event=event_json())["event"].to_list()


@cache
def _uploader() -> MetaUploader:
    from config.destinations import MetaSettings
    from uploads.meta import connect

    settings = {"dataset_id": "1234567890", "access_token": "EAA-invented-for-benchmarks"}
    return connect(MetaSettings.model_validate(settings))


def _sdk_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return as_asked_for(
        _conversions(frame).with_columns(gender_by_letter(), pl.col("event_time").dt.epoch("s"))
    )


def _sdk(rows: list[dict[str, Any]]) -> list[str]:
    from benchmarks.peers import facebook

    return [event for row in rows if (event := facebook.event_json(row)) is not None]


CASE = Case(
    name="payloads",
    title="Purchases to Meta's events as JSON",
    provide=people_rows.written,
    parts=people_rows.parts,
    contenders=(
        Contender("Closedwon", _ours, _ours_rows),
        Contender("Closedwon, people hashed already", _ours_from_hashes, _hashed_rows),
        Contender("facebook-business, rows put right", _sdk, _sdk_rows),
    ),
)
