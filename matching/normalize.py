"""How each platform wants a person's e-mail address, phone number, name and id: a function a field.

Every function takes a :class:`~matching.cells.Cell` and answers an :class:`~matching.cells.Outcome`; the
table in :mod:`matching.fields` says which is used where, and on which page the platform asks for it.
"""

from __future__ import annotations

import polars as pl

from matching import phones
from matching.cells import Cell, Outcome
from matching.cleaning import composed
from matching.writing import squeezed, words, written

_EMAIL_WRAPPING = r"^(?:[^<>@]*<\s*|(?i:mailto):\s*)"
_EMAIL_TRAILING = " >.,;:"
_EMAIL_LABEL = r"[^\x00-,./:-@\[-`{-\x7f\s]"
_EMAIL = rf'^[^\x00-\x20"(),:;<>@\[\\\]\x7f\s]+@(?:{_EMAIL_LABEL}+\.)+(?:xn--)?[^\x00-@\[-`{{-\x7f\s]{{2,}}$'
"""ASCII as RFC 5322 has it unquoted, and any other script: addresses are international by now (RFC 6531)."""
_EMAIL_MALFORMED = r"^[^\p{L}\p{N}]*@|^[^@]{65,}@|@-|-\.|\.-"
_EMAIL_MAX_BYTES = 254
_GMAIL = r"@(?:gmail|googlemail)\.com$"

_TITLES = "mr|mrs|ms|miss|mx|dr|prof|mme|mlle|herr|frau|sra"
_SUFFIXES = "jr|sr|2nd|3rd|ii|iii|iv|v|vi|cpa|dc|dds|vm|jd|md|phd"


def meta_email(cell: Cell) -> Outcome:
    """Trimmed and lower-cased; dots and ``+`` stay."""
    return _address_or_reason(cell, _address(cell))


def google_email(cell: Cell) -> Outcome:
    """Trimmed and lower-cased; for gmail.com and googlemail.com, without dots and ``+suffix``."""
    address = _address(cell)
    local = address.str.extract(r"^([^@+]*)").str.replace_all(".", "", literal=True)
    gmail = pl.concat_str(local, address.str.extract(r"(@.*)$"))
    return _address_or_reason(cell, pl.when(address.str.contains(_GMAIL)).then(gmail).otherwise(address))


def _address(cell: Cell) -> pl.Expr:
    """Out of ``Name <a@b.com>`` and ``mailto:``, in lower case."""
    bare = cell.text.str.replace(_EMAIL_WRAPPING, "").str.strip_chars_end(_EMAIL_TRAILING)
    return composed(bare.str.to_lowercase())


def _address_or_reason(cell: Cell, address: pl.Expr) -> Outcome:
    valid = (
        address.str.contains(_EMAIL)
        & ~address.str.contains(_EMAIL_MALFORMED)
        & (address.str.len_bytes() <= _EMAIL_MAX_BYTES)
    )
    return Outcome(
        pl.when(valid).then(address),
        pl.when(cell.text.str.count_matches("@", literal=True) > 1)
        .then(pl.lit("more than one @: give one e-mail address"))
        .otherwise(pl.lit("not an e-mail address: expected name@domain.tld without spaces")),
    )


def meta_phone(cell: Cell) -> Outcome:
    """Digits with the country code, without ``+``."""
    parsed = phones.to_e164(cell.text, cell.country).struct
    return Outcome(parsed.field("e164").str.strip_prefix("+"), parsed.field("reason"))


def google_phone(cell: Cell) -> Outcome:
    """E.164 with ``+``."""
    parsed = phones.to_e164(cell.text, cell.country).struct
    return Outcome(parsed.field("e164"), parsed.field("reason"))


def meta_name(cell: Cell) -> Outcome:
    """Lower case without punctuation and spaces, any script."""
    return written(cell, squeezed(cell.text), "a name")


def google_given_name(cell: Cell) -> Outcome:
    """Lower case without titles in front, without punctuation, single spaces."""
    apart = cell.text.str.replace_all(rf"(?i)\b({_TITLES})\.", "$1 ")
    return written(cell, words(apart).str.replace(rf"^(?:(?:{_TITLES}) )+", ""), "a given name")


def google_family_name(cell: Cell) -> Outcome:
    """Lower case without suffixes such as Jr., without punctuation, single spaces."""
    apart = cell.text.str.replace_all(",", " ", literal=True)
    return written(cell, words(apart).str.replace(rf"(?: (?:{_SUFFIXES}))+$", ""), "a family name")


def external_id(cell: Cell) -> Outcome:
    """The advertiser's own id of the person, trimmed and in lower case."""
    return Outcome(composed(cell.text.str.to_lowercase()), pl.lit("empty"))
