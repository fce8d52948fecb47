"""The forms in which people name a record.

Salesforce shows the first 15 characters of an id in reports and addresses, and gives programs all 18. The last three
say which of the others are capitals, so they follow from them. A long id that is worked out is found by its index, in
its very case, on either database, and no order number is taken for it that only begins alike.
"""

from __future__ import annotations

import re

_SHORT = re.compile(r"[0-9A-Za-z]{15}")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_EACH = 5


def forms_of(record_id: str) -> list[str]:
    """``record_id``, and the id of 18 characters where it may be the short form of Salesforce's."""
    return [record_id, record_id + _suffix(record_id)] if _SHORT.fullmatch(record_id) else [record_id]


def _suffix(short: str) -> str:
    """A character for each five, whose bits say which of them are capitals, the first by the lowest bit."""
    parts = (short[start : start + _EACH] for start in range(0, len(short), _EACH))
    return "".join(_SUFFIX[sum(one.isupper() << bit for bit, one in enumerate(part))] for part in parts)
