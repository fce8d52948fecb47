"""Stage entries to identifiers: the table of :mod:`matching.fields`, applied to whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import polars as pl

from matching.cells import BirthDateOrder
from matching.fields import FieldRule, Platform, outputs_of, rules_of
from matching.preparing import country_of_addresses, prepare
from matching.resolving import answer, given, resolve

_OUTPUT_TYPES: dict[str, pl.DataType] = {"lead_id": pl.Int64()}
"""Types of the identifiers that are not text."""

_ENGINE: Literal["in-memory"] = "in-memory"
"""A batch is in memory already; the streaming engine would cut it up further."""


def identifiers(
    frame: pl.DataFrame,
    platform: Platform,
    default_country: str | None,
    *,
    birth_dates: BirthDateOrder | None = None,
) -> pl.DataFrame:
    """What one ``platform`` can match each row on: see :func:`identifiers_of`."""
    return identifiers_of(frame, (platform,), default_country, birth_dates=birth_dates)[platform]


def identifiers_of(
    frame: pl.DataFrame,
    platforms: Sequence[Platform],
    default_country: str | None,
    *,
    birth_dates: BirthDateOrder | None = None,
) -> dict[Platform, pl.DataFrame]:
    """What each of ``platforms`` can match each row on, in the form in which it is sent.

    Args:
        frame: stage entries; columns that it lacks yield nulls. ``lead_created_at`` and ``entered_at``
            must be Datetime (naive is UTC).
        platforms: whose rules apply. What they have in common is worked out once.
        default_country: ISO 3166-1 alpha-2 for rows that name no country.
        birth_dates: the order in which the source writes birth dates, None where nobody has said.

    Returns:
        For each platform, a frame with the rows of ``frame`` in their order. For each of its identifiers,
        ``id.<name>`` (text; ``id.lead_id`` Int64), null where absent or refused, and ``refused.<name>``, true
        where a value was given and no identifier came of it.

    Raises:
        TypeError: a time column is not Datetime.
    """
    rules = [rule for platform in platforms for rule in rules_of(platform)]
    answers = answers_of(frame, rules, default_country, birth_dates=birth_dates)
    present = frozenset(answers.columns)
    found = pl.collect_all(
        [answers.lazy().select(_named(platform, present)) for platform in platforms], engine=_ENGINE
    )
    return dict(zip(platforms, found, strict=True))


def answers_of(
    frame: pl.DataFrame,
    rules: Sequence[FieldRule],
    default_country: str | None,
    *,
    birth_dates: BirthDateOrder | None = None,
    explained: bool = False,
) -> pl.DataFrame:
    """What ``rules`` answer to each row of ``frame``: the columns that :func:`matching.resolving.resolve` makes.

    Rules of columns that the frame lacks are left out, but for ``country``, which an address has from the client.
    """
    by_column: dict[str, list[FieldRule]] = {}
    for rule in rules:
        by_column.setdefault(rule.column, []).append(rule)
    columns = prepare(frame, by_column, default_country)
    resolved = [
        resolve(tuple(own), columns, birth_dates, explained=explained)
        for column, own in by_column.items()
        if column in columns and column != "country"
    ]
    for rule in by_column.get("country", []):
        taken = {other.column for other in rules if other.platform == rule.platform}
        of_addresses = {"country": country_of_addresses(columns, taken, default_country)}
        resolved.append(resolve((rule,), {**columns, **of_addresses}, birth_dates, explained=explained))
    answers = pl.collect_all([each.answers for each in resolved], engine=_ENGINE)
    return pl.DataFrame(
        [
            column
            for each, one in zip(resolved, answers, strict=True)
            for column in each.cells.spread(one).get_columns()
        ]
    )


@lru_cache(maxsize=64)
def _named(platform: Platform, present: frozenset[str]) -> list[pl.Expr]:
    """The identifiers of one platform over the answers of the rules that feed them."""
    sent, refused = [], []
    for name, rules in outputs_of(platform).items():
        feeding = [rule for rule in rules if given(rule) in present]
        nothing = pl.lit(None, dtype=_OUTPUT_TYPES.get(name, pl.String()))
        one = pl.coalesce(*(pl.col(answer(rule, "sent")) for rule in feeding), nothing)
        held = pl.any_horizontal(pl.lit(value=False), *(pl.col(given(rule)) for rule in feeding))
        sent.append(one.alias(f"id.{name}"))
        refused.append((held & one.is_null()).alias(f"refused.{name}"))
    return sent + refused
