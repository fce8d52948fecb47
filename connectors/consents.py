"""Consents that several records hold of one person: what they do not say alike, nobody agreed to."""

from __future__ import annotations

import polars as pl

REFUSED = "denied"


def agreed(*said: pl.Expr) -> pl.Expr:
    """What all of ``said`` that say anything say alike, but for case and spaces; else :data:`REFUSED`."""
    first = pl.coalesce(said)
    alike = (one.is_null() | (_plain(one) == _plain(first)) for one in said)
    return pl.when(pl.all_horizontal(alike)).then(first).otherwise(pl.lit(REFUSED))


def agreed_among(column: str, *, group: str, person: str) -> pl.Expr:
    """What the rows of one ``group`` say alike in ``column``, each completed by those of its ``person``."""
    said = pl.col(column)
    differ = _plain(said).drop_nulls().n_unique().over(group) > 1
    of_person = said.drop_nulls().first().over(group, person)
    return pl.when(differ).then(pl.lit(REFUSED)).otherwise(of_person).alias(column)


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase()
