"""What spreadsheets, web forms and CRMs leave in a text without anybody seeing it, taken off once, before any rule.

Most texts have none of it: a column pays for the rows that do.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_INVISIBLE = r"[[\p{Cf}\p{Cc}--\s]\x{34F}\x{115F}\x{1160}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}]"
"""Zero-width, bidi and control characters, soft hyphens, variation selectors, Hangul fillers."""

_ACUTE = "´"
"""Typed for an apostrophe; NFKC would make a space and a loose accent of it."""

_QUOTES = "'\""
_SUSPECT = r"""^$|[^\x20-\x7e]|^[\s'"=]|[\s'"]$"""


def clean(text: pl.Expr) -> pl.Expr:
    """``text`` in Unicode's NFKC, trimmed, without invisible characters and a spreadsheet's quotes; null if empty.

    NFKC makes one of the many ways to write a letter: composed or not, full-width, ligatures.
    """
    return text.map_batches(lambda texts: _where(texts, _SUSPECT, _clean), pl.String, is_elementwise=True)


def composed(text: pl.Expr) -> pl.Expr:
    """``text`` in Unicode's NFC."""
    return text.map_batches(
        lambda texts: _where(texts, r"[^\x00-\x7f]", _compose), pl.String, is_elementwise=True
    )


def _where(texts: pl.Series, pattern: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    rows = texts.str.contains(pattern).fill_null(value=False).arg_true()
    return texts if rows.is_empty() else texts.clone().scatter(rows, change(texts.gather(rows)))


def _clean(texts: pl.Series) -> pl.Series:
    normal = texts.str.replace_all(_ACUTE, "'", literal=True).str.normalize("NFKC")
    visible = normal.str.replace_all(_INVISIBLE, "").str.replace_all(r"\s", " ").str.strip_chars()
    bare = visible.str.strip_chars_start(_QUOTES + "=").str.strip_chars_end(_QUOTES).str.strip_chars()
    return bare.replace("", None)


def _compose(texts: pl.Series) -> pl.Series:
    return texts.str.normalize("NFC")
