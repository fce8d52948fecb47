"""Stage entries to identifiers: the table of :mod:`matching.fields`, applied to whole columns."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from polars.expr.whenthen import ChainedThen

from matching.cells import cell, prepare
from matching.fields import FieldRule, Platform, outputs_of, rules_of
from matching.hashing import is_base64_sha256, is_md5, is_sha256, sha256
from matching.placeholders import is_placeholder

_OUTPUT_TYPES: dict[str, pl.DataType] = {"lead_id": pl.Int64()}
"""Types of the identifiers that are not text."""


class Resolved(NamedTuple):
    """A rule as expressions: the normal form, what is sent, and why nothing is (to be read only there)."""

    normalized: pl.Expr
    sent: pl.Expr
    reason: pl.Expr


def identifiers(frame: pl.DataFrame, platform: Platform, default_country: str | None) -> pl.DataFrame:
    """What ``platform`` can match each row on, in the form in which it is sent.

    Args:
        frame: stage entries; columns that it lacks yield nulls. ``lead_created_at`` and ``entered_at``
            must be Datetime (naive is UTC).
        platform: whose rules apply.
        default_country: ISO 3166-1 alpha-2 for rows that name no country.

    Returns:
        A frame with the rows of ``frame`` in their order. For each identifier of the platform, ``id.<name>``
        (text; ``id.lead_id`` Int64), null where absent or refused, and ``refused.<name>``, true where a value
        was given and no identifier came of it.

    Raises:
        TypeError: a time column is not Datetime.
    """
    forms = normal_forms(frame, platform, default_country)
    feeding = {
        name: [rule for rule in rules if rule.column in forms.columns]
        for name, rules in outputs_of(platform).items()
    }
    sent = {f"id.{name}": _sent(name, rules) for name, rules in feeding.items()}
    refused = {
        f"refused.{name}": _given(rules) & pl.col(f"id.{name}").is_null() for name, rules in feeding.items()
    }
    return forms.lazy().with_columns(**sent).with_columns(**refused).select(*sent, *refused).collect()


def _sent(name: str, rules: list[FieldRule]) -> pl.Expr:
    nothing = pl.lit(None, dtype=_OUTPUT_TYPES.get(name, pl.String()))
    return pl.coalesce(*(resolve(rule).sent for rule in rules), nothing)


def _given(rules: list[FieldRule]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(rule.column).is_not_null() for rule in rules))


def normal_forms(
    frame: pl.DataFrame, platform: Platform, default_country: str | None, *, reasons: bool = False
) -> pl.DataFrame:
    """The prepared frame with ``normal.<column>`` for every column that ``platform`` takes, null where refused.

    With ``reasons``, also ``reason.<column>``, to be read only there.
    """
    rules = rules_of(platform)
    prepared = prepare(frame, tuple(rule.column for rule in rules), default_country)
    outcomes = {
        rule.column: rule.normalize(cell(rule.column)) for rule in rules if rule.column in prepared.columns
    }
    columns = {f"normal.{column}": outcome.value for column, outcome in outcomes.items()}
    if reasons:
        columns |= {f"reason.{column}": outcome.reason for column, outcome in outcomes.items()}
    # Columns of their own: Python within an expression runs again wherever the expression is mentioned.
    return prepared.lazy().with_columns(**columns).collect()


def resolve(rule: FieldRule) -> Resolved:
    """A rule over its normal forms, with what holds for every field: placeholders, and hashes as input."""
    text, normal = pl.col(rule.column), pl.col(f"normal.{rule.column}")
    reason = pl.col(f"reason.{rule.column}")
    placeholder = is_placeholder(rule.column, text)
    if rule.form == "plain":
        value = pl.when(~placeholder).then(normal)
        return Resolved(value, value, _because(text, placeholder).otherwise(reason))
    # Punctuation may have hidden one: "(N/A)" and ":NA" come down to it only as normal forms.
    placeholder |= is_placeholder(rule.column, normal).fill_null(value=False)
    hashed = is_sha256(text)
    base64 = is_base64_sha256(text)
    md5 = pl.lit(value=False) if rule.opaque else is_md5(text)
    value = pl.when(~(placeholder | hashed | base64 | md5)).then(normal)
    given_hash = pl.when(hashed).then(text.str.to_lowercase())
    return Resolved(
        pl.coalesce(given_hash, value),
        pl.coalesce(given_hash, sha256(value)),
        _because(text, placeholder)
        .when(md5)
        .then(pl.lit("an MD5 matches nobody: give the value itself, or its SHA-256 in hex"))
        .when(base64)
        .then(pl.lit("a SHA-256 in base64: give the value itself, or its SHA-256 in hex"))
        .otherwise(reason),
    )


def _because(text: pl.Expr, placeholder: pl.Expr) -> ChainedThen:
    return (
        pl.when(text.is_null())
        .then(pl.lit("empty"))
        .when(placeholder)
        .then(pl.lit("a placeholder, not a value: leave the field empty"))
    )
