"""Limited Data Use: telling Meta, event by event, to use a person's data as the business's processor only.

It exists for people in some US states; of everybody else Meta uses the data as ever. So a refusal of personalised ads
is answered by it only where the person is known to be in one of those states.
https://developers.facebook.com/docs/marketing-apis/data-processing-options
"""

from __future__ import annotations

import hashlib

import polars as pl

from config.limited_data_use import GEOLOCATION, LIMITED_DATA_USE_STATES, USA, LimitedDataUseSettings


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


_COUNTRY_HASH = _hashed("us")
_STATE_HASHES = {code: _hashed(state.lower()) for code, state in LIMITED_DATA_USE_STATES.items()}
_CODES = {state_hash: code for code, state_hash in _STATE_HASHES.items()}
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
    state = _state(settings)
    country = pl.when(state == GEOLOCATION).then(GEOLOCATION).otherwise(USA)
    return {
        "data_processing_options": pl.when(affected).then(pl.lit('["LDU"]')),
        "data_processing_options_country": pl.when(affected).then(country.cast(pl.String)),
        "data_processing_options_state": pl.when(affected).then(state.cast(pl.String)),
    }


def covers(settings: LimitedDataUseSettings | None) -> pl.Expr:
    """Whether the event asks for it and the person is known to be where Meta grants it."""
    if settings is None:
        return pl.lit(value=False)
    return _AFFECTED[settings.when] & (_state(settings) != GEOLOCATION)


def _state(settings: LimitedDataUseSettings) -> pl.Expr:
    """Meta's code of the person's state: by the address, else the file's where the address contradicts it in nothing.

    ``GEOLOCATION`` where neither tells.
    """
    country, state = pl.col("id.country"), pl.col("id.st")
    by_address = state.replace_strict(_CODES, default=None, return_dtype=pl.Int64)
    in_the_files_state = (country.is_null() | (country == _COUNTRY_HASH)) & (
        state.is_null() | (state == _STATE_HASHES.get(settings.state, ""))
    )
    return (
        pl.when((country == _COUNTRY_HASH) & by_address.is_not_null())
        .then(by_address)
        .when(in_the_files_state)
        .then(settings.state)
        .otherwise(GEOLOCATION)
    )
