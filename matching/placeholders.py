"""Words that people and systems write where they have no value: hashed, they make one person of many."""

from __future__ import annotations

import polars as pl


def _listed(words: str) -> frozenset[str]:
    return frozenset(word.strip() for word in words.split(","))


_EVERYWHERE = _listed(
    "n/a, n.a., #n/a, none, null, nil, nan, undefined, unknown, blank, (blank), empty, test, tbd, xxx,"
    "-, --, ., ?, not provided, not available, not applicable, (not set), [not provided], [object object],"
    "inconnu, unbekannt, desconocido, sconosciuto"
)
_NOBODY = _listed("na, anonymous, guest, customer, walk-in")

_COLUMNS: dict[str, frozenset[str]] = {
    # "NA" is Namibia, and the province of Naples.
    "country": _EVERYWHERE,
    "state": _EVERYWHERE,
    "first_name": _EVERYWHERE | _NOBODY | _listed("mr, mr., mrs, mrs., ms, ms., dr, dr."),
    "last_name": _EVERYWHERE | _NOBODY | _listed("jr, jr., sr, sr."),
    "postal_code": _EVERYWHERE | _listed("na, 0000, 00000, 99999, xxxxx"),
    "external_id": _EVERYWHERE | _listed("na, 0, -1"),
}
"""What counts as no value, lower case, by stage-entry column."""

_OTHERS = _EVERYWHERE | {"na"}

_NO_MAIL = r"(?:none|null|no-?e?-?mail|no-?reply|do-?not-?reply)"
_NO_NAME = r"(?:no|na|n/a|nobody|unknown|test|xxx|xyz|asdf|aaa|abc|a)"
_EMAIL = rf"^{_NO_MAIL}@|^{_NO_NAME}@(?:{_NO_MAIL}|{_NO_NAME})\.[a-z.]{{2,6}}$"


def is_placeholder(column: str, text: pl.Expr) -> pl.Expr:
    """Whether the clean ``text`` of ``column`` stands for no value."""
    lower = text.str.to_lowercase()
    listed = lower.is_in(sorted(_COLUMNS.get(column, _OTHERS)))
    return listed | lower.str.contains(_EMAIL) if column == "email" else listed
