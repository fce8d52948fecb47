"""SHA-256 as both platforms want it (lower-case hex of UTF-8), and values that arrive hashed already."""

from __future__ import annotations

from enum import StrEnum
from typing import cast

import polars as pl
import polars_hash as _polars_hash  # noqa: F401  # registers the `chash` namespace on Polars expressions


class HashKind(StrEnum):
    """What a text has the form of."""

    SHA256 = "sha256"
    """In hex: hashing it again would match nobody."""
    SHA256_BASE64 = "sha256 in base64"
    """Which cannot be told from a token for certain."""
    MD5 = "md5"
    """In hex, which no platform matches on."""
    MD5_BASE64 = "md5 in base64"
    """Nor do they on this."""


_FORMS = {
    HashKind.SHA256: (64, r"^[0-9a-fA-F]{64}$"),
    HashKind.SHA256_BASE64: (44, r"^[A-Za-z0-9+/_-]{43}=$"),
    HashKind.MD5: (32, r"^[0-9a-fA-F]{32}$"),
    HashKind.MD5_BASE64: (24, r"^[A-Za-z0-9+/]{22}==$"),
}
"""The length in bytes, which alone rules almost every text out, and the form."""


def sha256(value: pl.Expr) -> pl.Expr:
    """Hash a text expression to 64 lower-case hex digits; null stays null."""
    return cast("pl.Expr", value.chash.sha2_256())  # type: ignore[attr-defined]


def hash_kind(text: pl.Expr) -> pl.Expr:
    """The :class:`HashKind` that each text has the form of; null for none."""
    return text.map_batches(_kinds, pl.String, is_elementwise=True)


def _kinds(texts: pl.Series) -> pl.Series:
    kinds = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    sizes = texts.str.len_bytes()
    for kind, (size, form) in _FORMS.items():
        fits = sizes == size
        if fits.any():
            rows = fits.arg_true()
            kinds = kinds.scatter(rows.filter(texts.filter(fits).str.contains(form)), kind.value)
    return kinds
