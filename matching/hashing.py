"""SHA-256 as both platforms want it (lower-case hex of UTF-8), and values that arrive hashed already."""

from __future__ import annotations

from typing import cast

import polars as pl
import polars_hash as _polars_hash  # noqa: F401  # registers the `chash` namespace on Polars expressions

_SHA256_HEX = r"^[0-9a-fA-F]{64}$"
_MD5_HEX = r"^[0-9a-fA-F]{32}$"
_SHA256_BASE64 = r"^[A-Za-z0-9+/_-]{43}=$"


def sha256(value: pl.Expr) -> pl.Expr:
    """Hash a text expression to 64 lower-case hex digits; null stays null."""
    return cast("pl.Expr", value.chash.sha2_256())  # type: ignore[attr-defined]


def is_sha256(text: pl.Expr) -> pl.Expr:
    """Whether the text is a SHA-256 already: hashing it again would match nobody."""
    return text.str.contains(_SHA256_HEX)


def is_md5(text: pl.Expr) -> pl.Expr:
    """Whether the text has the form of an MD5, which no platform matches on."""
    return text.str.contains(_MD5_HEX)


def is_base64_sha256(text: pl.Expr) -> pl.Expr:
    """Whether the text has the form of a SHA-256 in base64, which cannot be told from a token for certain."""
    return text.str.contains(_SHA256_BASE64)
