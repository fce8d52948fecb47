"""Who: personal data and click ids in the form in which each platform matches on them. No I/O."""

from matching.cells import BirthDateOrder
from matching.explain import explain_row, explain_rows
from matching.fields import FIELDS, PLATFORMS, FieldRule, Platform
from matching.identifiers import identifiers, identifiers_of
from matching.masking import mask

__all__ = [
    "FIELDS",
    "PLATFORMS",
    "BirthDateOrder",
    "FieldRule",
    "Platform",
    "explain_row",
    "explain_rows",
    "identifiers",
    "identifiers_of",
    "mask",
]
