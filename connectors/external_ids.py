"""A CRM's own id of a person, by which platforms tie the funnel's stages together."""

from __future__ import annotations

import polars as pl

from config.columns import CLICK_COLUMNS

_DEVICE = ("client_ip", "user_agent")
_IDENTIFYING = ("email", "phone", *(name for name in CLICK_COLUMNS if name not in _DEVICE))


def with_external_id(records: pl.DataFrame, *ids: str) -> pl.DataFrame:
    """``records`` known by the first of the columns ``ids``, unless they have an ``external_id`` of their own.

    Only where something else identifies the person: an id that no platform has seen beside an e-mail or a click
    matches nobody, and would let a conversion through that nothing can be matched with.
    """
    if "external_id" in records.columns:
        return records
    known = [pl.col(name).is_not_null() for name in _IDENTIFYING if name in records.columns]
    identified = pl.any_horizontal(known) if known else pl.lit(value=False)
    return records.with_columns(external_id=pl.when(identified).then(pl.coalesce(ids)))
