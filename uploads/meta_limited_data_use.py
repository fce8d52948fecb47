"""Limited Data Use: telling Meta, event by event, to use a person's data as the business's processor only.

It exists for people in some US states; of everybody else Meta uses the data as ever. So a refusal of personalised ads
is answered by it only where the person is known to be in one of those states.
https://developers.facebook.com/docs/marketing-apis/data-processing-options
"""

from __future__ import annotations

import hashlib

import polars as pl

from config.limited_data_use import GEOLOCATION, LIMITED_DATA_USE_STATES, USA, LimitedDataUseSettings

_USA = 1


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


_COUNTRY_HASH = _hashed("us")
_CODE_BY_HASH = {_hashed(state.lower()): code for code, state in LIMITED_DATA_USE_STATES.items()}
"""Conversions carry hashes only; these are of the states as Meta wants them written."""

_AFFECTED = {
    "denied": pl.col("ad_personalization") == "denied",
    "denied_or_unspecified": pl.col("ad_personalization") != "granted",
    "always": pl.lit(value=True),
}


def members(settings: LimitedDataUseSettings | None) -> dict[str, pl.Expr]:
    """The members of an event that ask for it, as JSON text; null in an event that does not."""
    if settings is None:
        return {}
    affected = _AFFECTED[settings.when]
    by_address = _state_by_address()
    country = pl.when(by_address.is_not_null()).then(USA).otherwise(settings.country)
    state = pl.coalesce(by_address, pl.lit(settings.state, dtype=pl.Int64))
    return {
        "data_processing_options": pl.when(affected).then(pl.lit('["LDU"]')),
        "data_processing_options_country": pl.when(affected).then(country.cast(pl.String)),
        "data_processing_options_state": pl.when(affected).then(state.cast(pl.String)),
    }


def covers(settings: LimitedDataUseSettings | None) -> pl.Expr:
    """Whether the event asks for it and the person is known to be where Meta grants it."""
    if settings is None:
        return pl.lit(value=False)
    located = pl.lit(settings.state != GEOLOCATION) | _state_by_address().is_not_null()
    return _AFFECTED[settings.when] & located


def _state_by_address() -> pl.Expr:
    """Meta's code of the state that the person's address names; null where it is none of them or not known."""
    code = pl.col("id.st").replace_strict(_CODE_BY_HASH, default=None, return_dtype=pl.Int64)
    return pl.when(pl.col("id.country") == _COUNTRY_HASH).then(code)
