"""A column's cells to what each platform gets of them: the platform's rule, and what holds for every field.

What holds for every field: a placeholder is no value, and what arrives hashed is not hashed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import polars as pl

from matching.cells import BirthDateOrder, cell
from matching.fields import FieldRule
from matching.hashing import HashKind, hash_kind, sha256
from matching.placeholders import is_placeholder
from matching.repeats import Coded, Distinct, combined

_HASH = "cell.hash"

_PLACEHOLDER = "a placeholder, not a value: leave the field empty"
_REFUSED_HASHES = {
    HashKind.MD5: "an MD5 matches nobody: give the value itself, or its SHA-256 in hex",
    HashKind.MD5_BASE64: "an MD5 in base64 matches nobody: give the value itself, or its SHA-256 in hex",
    HashKind.SHA256_BASE64: "a SHA-256 in base64: give the value itself, or its SHA-256 in hex",
}
_FORMS_OF_IDS = (HashKind.MD5, HashKind.MD5_BASE64)
"""What an opaque id may look like without being the hash of anything."""


class Resolved(NamedTuple):
    """The different cells of a column, and what becomes of each, yet to be collected.

    ``answers`` has the columns that :func:`given` and :func:`answer` name.
    """

    cells: Distinct
    answers: pl.LazyFrame


def answer(rule: FieldRule, part: Literal["sent", "normalized", "reason"]) -> str:
    """The column with a part of what ``rule`` answers.

    ``sent`` is null where the cell is empty or refused; ``normalized`` is what was hashed for it; ``reason`` says
    why nothing is sent, to be read only there.
    """
    return f"{rule.platform}.{rule.column}.{part}"


def given(rule: FieldRule) -> str:
    """The column that is true where the rule's cell holds anything."""
    return f"{rule.platform}.{rule.column}.given"


def resolve(
    rules: tuple[FieldRule, ...],
    columns: Mapping[str, Coded],
    birth_dates: BirthDateOrder | None,
    *,
    explained: bool = False,
) -> Resolved:
    """Apply the ``rules`` of one column to ``columns`` as :func:`matching.preparing.prepare` made them.

    The answers have what is sent; if ``explained``, the other parts as well.
    """
    plan = _plan(rules, birth_dates, datetime.now(UTC).date(), explained=explained)
    cells = combined({name: columns[name] for name in plan.reads})
    answers = cells.frame.lazy()
    for step in plan.steps:
        answers = answers.with_columns(step)
    return Resolved(cells, answers.select(plan.answers))


class _Plan(NamedTuple):
    """The columns that the rules of a column read, and the expressions over these, step after step."""

    reads: list[str]
    steps: list[list[pl.Expr]]
    answers: list[pl.Expr]


@lru_cache(maxsize=256)
def _plan(
    rules: tuple[FieldRule, ...],
    birth_dates: BirthDateOrder | None,
    today: date,  # noqa: ARG001  # rules may ask for the day when they are planned
    *,
    explained: bool,
) -> _Plan:
    """What does not depend on the cells, kept from batch to batch: to build expressions takes its time."""
    (column,) = {rule.column for rule in rules}
    one = cell(column, birth_dates)
    outcomes = {rule: rule.normalize(one) for rule in rules}
    forms = {_normal(rule): outcome.value for rule, outcome in outcomes.items()}
    if explained:
        forms |= {_reason(rule): outcome.reason for rule, outcome in outcomes.items()}
    read = {name for each in (*one.steps.values(), *forms.values()) for name in each.meta.root_names()}
    steps = [
        *({name: step} for name, step in one.steps.items()),
        {**forms, _HASH: hash_kind(one.text)},
    ]
    answers = {given(rule): one.text.is_not_null() for rule in rules}
    for rule in rules:
        answers |= _answers(rule, one.lower, explained=explained)
    return _Plan(sorted({column, *read} - set(one.steps)), [*map(_named, steps)], _named(answers))


def _named(expressions: Mapping[str, pl.Expr]) -> list[pl.Expr]:
    return [expression.alias(name) for name, expression in expressions.items()]


def _answers(rule: FieldRule, lower: pl.Expr, *, explained: bool) -> dict[str, pl.Expr]:
    normal = pl.col(_normal(rule))
    refused = _refused(rule, lower)
    taken = ~pl.any_horizontal(refused.values())
    value: pl.Expr = pl.when(taken).then(normal)
    sent = value
    if rule.form == "hashed":
        hash_given = pl.when(taken & (pl.col(_HASH) == HashKind.SHA256)).then(lower)
        value, sent = pl.coalesce(hash_given, value), pl.coalesce(hash_given, sha256(value))
    if not explained:
        return {answer(rule, "sent"): sent}
    empty = pl.when(pl.col(rule.column).is_null()).then(pl.lit("empty"))
    told = (pl.when(where).then(pl.lit(reason)) for reason, where in refused.items())
    return {
        answer(rule, "sent"): sent,
        answer(rule, "normalized"): value,
        answer(rule, "reason"): pl.coalesce(empty, *told, pl.col(_reason(rule))),
    }


def _refused(rule: FieldRule, lower: pl.Expr) -> dict[str, pl.Expr]:
    """Why no value of a cell is one, whatever the rule says of it, and where."""
    placeholder = is_placeholder(rule.column, lower)
    if rule.form == "plain":
        return {_PLACEHOLDER: placeholder}
    # Punctuation may have hidden one: "(N/A)" and ":NA" come down to it only as normal forms.
    hidden = is_placeholder(rule.column, pl.col(_normal(rule))).fill_null(value=False)
    hashes = [kind for kind in _REFUSED_HASHES if not (rule.opaque and kind in _FORMS_OF_IDS)]
    return {_PLACEHOLDER: placeholder | hidden} | {
        _REFUSED_HASHES[kind]: pl.col(_HASH).eq_missing(kind.value) for kind in hashes
    }


def _normal(rule: FieldRule) -> str:
    return f"{rule.platform}.rule.value"


def _reason(rule: FieldRule) -> str:
    return f"{rule.platform}.rule.reason"
