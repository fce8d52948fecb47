"""How the tests ask for one value's normal form."""

from __future__ import annotations

import hashlib
from typing import Any

from matching import Platform, explain_row


def answer(platform: Platform, field: str, value: Any, **row: Any) -> dict[str, Any]:
    """What explain says of one field, with the row's other columns in ``row``."""
    return explain_row({field: value, **row}, platform)[field]


def normal(platform: Platform, field: str, value: Any, **row: Any) -> Any:
    """The normal form, or None where the value is refused."""
    return answer(platform, field, value, **row).get("normalized")


def reason(platform: Platform, field: str, value: Any, **row: Any) -> str:
    """Why the value is refused."""
    return str(answer(platform, field, value, **row)["rejected"])


def sha256(text: str) -> str:
    """The standard library's word on the hash."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
