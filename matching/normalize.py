"""How each platform wants a person's e-mail address, phone number, name and id: a function a field.

Every function takes a :class:`~matching.cells.Cell` and answers an :class:`~matching.cells.Outcome`; the
table in :mod:`matching.fields` says which is used where, and on which page the platform asks for it.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from matching import phones
from matching.cells import Cell, Outcome
from matching.cleaning import composed
from matching.rarely import only_where
from matching.writing import squeezed, words, written

_EMAIL_WRAPPING = r"^(?:[^<>@]*<\s*|mailto:\s*)"
_EMAIL_TRAILING = " >.,;:"
_EMAIL_LABEL = r"[^\x00-,./:-@\[-`{-\x7f\s]"
_EMAIL = rf'^[^\x00-\x20"(),:;<>@\[\\\]\x7f\s]+@(?:{_EMAIL_LABEL}+\.)+(?:xn--)?[^\x00-@\[-`{{-\x7f\s]{{2,}}$'
"""ASCII as RFC 5322 has it unquoted, and any other script: addresses are international by now (RFC 6531)."""
_EMAIL_MALFORMED = r"^[^\p{L}\p{N}]*@|^[^@]{65,}@|@-|-\.|\.-"
_EMAIL_MAX_BYTES = 254
_EMAIL_MAX_LOCAL = 64
_EMAIL_PLAIN = r"^[a-z0-9][a-z0-9_]*(?:[.+-][a-z0-9_]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$"
"""What no rule changes and every rule takes, so that only the others need be looked at closely."""
_GMAIL = r"@(?:gmail|googlemail)\.com$"

_TITLES = (
    "mr|mrs|ms|miss|mx|dr|prof|sir|rev|mme|mlle|monsieur|madame|mademoiselle|herr|frau|hr|fru|dhr|mevr"
    "|sr|sra|srta|señor|señora|señorita|dra|signor|signora|signorina|dott"
)
_SUFFIXES = "jr|sr|2nd|3rd|4th|ii|iii|iv|v|vi|esq|esquire|cpa|dc|dds|dvm|vm|jd|md|mba|phd"


def meta_email(cell: Cell) -> Outcome:
    """Trimmed and lower-cased; dots and ``+`` stay."""
    return _address_or_reason(cell, _address(cell))


def google_email(cell: Cell) -> Outcome:
    """Trimmed and lower-cased; for gmail.com and googlemail.com, without dots and ``+suffix``."""
    address = _address(cell)
    gmail = cell.once(address.str.contains(_GMAIL))
    bare = only_where(gmail, address, _bare_gmail)
    return _address_or_reason(cell, cell.once(pl.when(gmail).then(bare).otherwise(address)))


def _address(cell: Cell) -> pl.Expr:
    """Out of ``Name <a@b.com>`` and ``mailto:``, in lower case."""
    plain = _is_plain(cell)
    taken_out = cell.once(only_where(~plain, cell.lower, _taken_out))
    return cell.once(pl.when(plain).then(cell.lower).otherwise(taken_out), "address")


def _taken_out(lower: pl.Expr) -> pl.Expr:
    return composed(lower.str.replace(_EMAIL_WRAPPING, "").str.strip_chars_end(_EMAIL_TRAILING))


def _bare_gmail(address: pl.Expr) -> pl.Expr:
    parts = address.str.splitn("@", 2).struct
    local = parts.field("field_0").str.replace(r"\+.*", "").str.replace_all(".", "", literal=True)
    return pl.concat_str(local, parts.field("field_1"), separator="@")


def _is_plain(cell: Cell) -> pl.Expr:
    """Whether the cell is nothing but an address, as most are, and its own normal form."""
    short = cell.lower.str.len_bytes() <= _EMAIL_MAX_LOCAL
    return cell.once(cell.lower.str.contains(_EMAIL_PLAIN) & short, "plain")


def _address_or_reason(cell: Cell, address: pl.Expr) -> Outcome:
    plain = _is_plain(cell)
    other = cell.once(only_where(~plain, address, _valid))
    return Outcome(
        pl.when(plain).then(address).otherwise(other),
        pl.when(cell.text.str.count_matches("@", literal=True) > 1)
        .then(pl.lit("more than one @: give one e-mail address"))
        .otherwise(pl.lit("not an e-mail address: expected name@domain.tld without spaces")),
    )


def _valid(address: pl.Expr) -> pl.Expr:
    valid = (
        address.str.contains(_EMAIL)
        & ~address.str.contains(_EMAIL_MALFORMED)
        & (address.str.len_bytes() <= _EMAIL_MAX_BYTES)
    )
    return pl.when(valid).then(address)


def meta_phone(cell: Cell) -> Outcome:
    """Digits with the country code, without ``+``."""
    parsed = _parsed(cell).struct
    return Outcome(parsed.field("e164").str.strip_prefix("+"), parsed.field("reason"))


def google_phone(cell: Cell) -> Outcome:
    """E.164 with ``+``."""
    parsed = _parsed(cell).struct
    return Outcome(parsed.field("e164"), parsed.field("reason"))


def _parsed(cell: Cell) -> pl.Expr:
    return cell.once(phones.to_e164(cell.text, cell.country), "e164")


def meta_name(cell: Cell) -> Outcome:
    """Lower case without punctuation and spaces, any script."""
    return written(cell, squeezed(cell.lower), "a name")


def google_given_name(cell: Cell) -> Outcome:
    """Lower case without titles in front, without punctuation, single spaces."""
    return written(cell, _one_word_or(cell, _given_words), "a given name")


def google_family_name(cell: Cell) -> Outcome:
    """Lower case without suffixes such as Jr., without punctuation, single spaces."""
    return written(cell, _one_word_or(cell, _family_words), "a family name")


def _one_word_or(cell: Cell, several: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The cell in lower case where it is one word of plain letters, else what ``several`` makes of its text."""
    one_word = cell.once(cell.lower.str.contains("^[a-z]+$"))
    return pl.when(one_word).then(cell.lower).otherwise(only_where(~one_word, cell.text, several))


def _given_words(text: pl.Expr) -> pl.Expr:
    apart = text.str.replace_all(rf"(?i)\b({_TITLES})\.", "$1 ")
    return words(apart).str.replace(rf"^(?:(?:{_TITLES}) )+", "")


def _family_words(text: pl.Expr) -> pl.Expr:
    return words(text.str.replace_all(",", " ", literal=True)).str.replace(rf"(?: (?:{_SUFFIXES}))+$", "")


def external_id(cell: Cell) -> Outcome:
    """The advertiser's own id of the person, trimmed and in lower case."""
    return Outcome(composed(cell.lower), pl.lit("empty"))
