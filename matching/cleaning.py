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

_UNUSUAL = r"[^\x20-\x7eÀ-ÖØ-öø-ıĴ-ľŁ-ňŊ-ž]"
"""Anything but printable ASCII and the accented letters of Latin-1 and Latin Extended-A that NFC and NFKC leave
as they are, whatever stands next to them."""

_QUOTES = "'\""
_SUSPECT = rf"""^$|{_UNUSUAL}|^[ '"=]|[ '"]$"""


def clean(texts: pl.Series) -> pl.Series:
    """Each text in Unicode's NFKC, trimmed, without invisible characters and a spreadsheet's quotes; null if empty.

    NFKC makes one of the many ways to write a letter: composed or not, full-width, ligatures.
    """
    return _where(texts, texts.str.contains(_SUSPECT), _clean)


def composed(text: pl.Expr) -> pl.Expr:
    """``text`` in Unicode's NFC."""
    return text.map_batches(_composed, pl.String, is_elementwise=True)


def _where(texts: pl.Series, suspect: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """``texts``, changed where ``suspect`` is true."""
    if not suspect.any():
        return texts
    return texts.clone().scatter(suspect.arg_true(), change(texts.filter(suspect)))


def _clean(texts: pl.Series) -> pl.Series:
    visible = _where(texts, texts.str.contains(_UNUSUAL), _visible).to_frame()
    text = pl.first().str.strip_chars()
    bare = text.str.strip_chars_start(_QUOTES + "=").str.strip_chars_end(_QUOTES).str.strip_chars()
    return visible.select(bare.replace("", None)).to_series()


def _visible(texts: pl.Series) -> pl.Series:
    normal = pl.first().str.replace_all(_ACUTE, "'", literal=True).str.normalize("NFKC")
    return (
        texts.to_frame()
        .select(normal.str.replace_all(_INVISIBLE, "").str.replace_all(r"\s", " "))
        .to_series()
    )


def _composed(texts: pl.Series) -> pl.Series:
    return _where(texts, texts.str.len_bytes() != texts.str.len_chars(), _composed_unusual)


def _composed_unusual(texts: pl.Series) -> pl.Series:
    return _where(texts, texts.str.contains(_UNUSUAL), lambda some: some.str.normalize("NFC"))
