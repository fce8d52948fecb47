"""How the tests ask for one value's normal form."""

from __future__ import annotations

import hashlib
from typing import Any

from matching import BirthDateOrder, Platform, explain_row


def answer(
    platform: Platform, field: str, value: Any, *, birth_dates: BirthDateOrder | None = None, **row: Any
) -> dict[str, Any]:
    """What explain says of one field, with the row's other columns in ``row``."""
    return explain_row({field: value, **row}, platform, birth_dates=birth_dates)[field]


def normal(platform: Platform, field: str, value: Any, **beside: Any) -> Any:
    """The normal form, or None where the value is refused."""
    return answer(platform, field, value, **beside).get("normalized")


def reason(platform: Platform, field: str, value: Any, **beside: Any) -> str:
    """Why the value is refused."""
    return str(answer(platform, field, value, **beside)["rejected"])


def sha256(text: str) -> str:
    """The standard library's word on the hash."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
