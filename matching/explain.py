"""What becomes of a person's fields at a platform, field by field: the answer to "is this hashed right?".

The very rules that :func:`matching.identifiers.identifiers` applies to a run, on a frame of a few rows.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from config.columns import EXTRA_PREFIX, STAGE_ENTRY_COLUMNS
from matching.cells import BirthDateOrder
from matching.fields import FIELDS, FieldRule, Platform, rules_of
from matching.identifiers import answers_of
from matching.preparing import CLICK_TIMES, EXACT_IN_FLOAT
from matching.resolving import answer

_ALIASES = {rule.output: rule.column for rule in FIELDS if rule.output not in STAGE_ENTRY_COLUMNS} | {
    **{"mail": "email", "mobile": "phone", "telephone": "phone", "tel": "phone", "surname": "last_name"},
    **{"dob": "date_of_birth", "birthday": "date_of_birth", "sex": "gender", "ip": "client_ip"},
    **{"zip": "postal_code", "zipcode": "postal_code", "postcode": "postal_code", "region": "state"},
}
"""Names that people and platforms use for a stage-entry column, for the did-you-mean."""

Explained = dict[str, dict[str, Any]]


def explain_row(
    row: dict[str, Any],
    platform: Platform,
    default_country: str | None = None,
    *,
    birth_dates: BirthDateOrder | None = None,
) -> Explained:
    """Explain one row: see :func:`explain_rows`."""
    return explain_rows([row], platform, default_country, birth_dates=birth_dates)[0]


def explain_rows(
    rows: Sequence[dict[str, Any]],
    platform: Platform,
    default_country: str | None = None,
    *,
    birth_dates: BirthDateOrder | None = None,
) -> list[Explained]:
    """Say for every field of every row how ``platform`` would get it.

    Args:
        rows: fields named as the stage-entry columns are; values of text, numbers or null.
        platform: whose rules apply.
        default_country: ISO 3166-1 alpha-2 for rows without ``country``.
        birth_dates: the order in which the source writes birth dates, None where nobody has said.

    Returns:
        For each row, field to ``{"normalized": …, "sha256": …}``, to ``{"normalized": …, "plain": …}`` for
        what is sent in clear, or to ``{"rejected": reason}``. A reason never repeats the value.
    """
    given = set().union(*rows)
    columns = [rule.column for rule in rules_of(platform) if rule.column in given]
    frame = pl.DataFrame(
        {name: [_text(row.get(name)) for row in rows] for name in columns}
        | {name: [_time(row.get(name)) for row in rows] for name in CLICK_TIMES},
        schema=dict.fromkeys(columns, pl.String) | dict.fromkeys(CLICK_TIMES, pl.Datetime("us", "UTC")),
    )
    answers = _answers(frame, platform, default_country, birth_dates)
    return [
        {
            name: _malformed(value)
            or (answers[name][number] if name in answers else _not_taken(name, platform))
            for name, value in row.items()
        }
        for number, row in enumerate(rows)
    ]


def _answers(
    frame: pl.DataFrame, platform: Platform, default_country: str | None, birth_dates: BirthDateOrder | None
) -> dict[str, list[dict[str, Any]]]:
    """Column to the answer of each row."""
    rules = [rule for rule in rules_of(platform) if rule.column in frame.columns]
    said = answers_of(frame, rules, default_country, birth_dates=birth_dates, explained=True)
    return {rule.column: [_answer(rule, row) for row in said.iter_rows(named=True)] for rule in rules}


def _answer(rule: FieldRule, said: Mapping[str, Any]) -> dict[str, Any]:
    sent = said[answer(rule, "sent")]
    if sent is None:
        return {"rejected": said[answer(rule, "reason")]}
    return {
        "normalized": said[answer(rule, "normalized")],
        "sha256" if rule.form == "hashed" else "plain": sent,
    }


def _malformed(value: Any) -> dict[str, str] | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return {"rejected": "empty"}
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        return {"rejected": "expected text or a number"}
    return None


def _not_taken(name: str, platform: Platform) -> dict[str, str]:
    if name in STAGE_ENTRY_COLUMNS or name.startswith(EXTRA_PREFIX):
        return {"rejected": f"{platform} does not take {name}"}
    close = _ALIASES.get(name.lower()) or next(
        iter(difflib.get_close_matches(name.lower(), STAGE_ENTRY_COLUMNS, n=1)), None
    )
    hint = f"did you mean {close}?" if close else "fields are named as the stage-entry columns are"
    return {"rejected": f"not a field: {hint}"}


def _text(value: Any) -> str | None:
    if value is None or _malformed(value):
        return None
    exact = isinstance(value, float) and value.is_integer() and abs(value) < EXACT_IN_FLOAT
    text = str(int(value)) if exact else str(value)
    # JSON may hold half a surrogate pair, which is no character: what is lost shows as U+FFFD.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _time(value: Any) -> datetime | None:
    """A time as ISO 8601, UTC where it names no zone; anything else counts as not known."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
