"""A conversion as an ``Event`` of Google's Data Manager API: its columns as JSON, its identifiers, its windows.

https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest#Event
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from uploads import json_columns as js
from uploads.base import Drops, names_of

_CLICK_WINDOW = timedelta(days=90)
_USER_DATA_WINDOW = timedelta(days=63)
CLICK_IDS = ("gclid", "gbraid", "wbraid")
_KINDS = {"email_address": "email", "phone_number": "phone", "address": "address"}
_ADDRESS = {
    "given_name": "given_name",
    "family_name": "family_name",
    "region_code": "region_code",
    "postal_code": "postal_code",
}
_FIELDS = {
    f'"{name}":': f'"{first}{"".join(word.title() for word in rest)}":'
    for name in (
        "event_source", "ad_identifiers", "user_data", "user_identifiers", *_KINDS, *_ADDRESS,
        "ad_user_data", "ad_personalization",
    )
    for first, *rest in [name.split("_")]
}  # fmt: skip
"""A payload's keys, which are the fields of the message, as Google's JSON writes them; no value can hold one."""


def expires_at() -> pl.Expr:
    """90 days after the click where a click id is known, 63 days for user data alone.

    Of a click whose id came from another record its own time counts. Else the lead's creation stands for the
    click, which came before it, so a few conversions pass that Google will count as expired; none is kept back
    that it would take.
    """
    window = pl.when(has_click()).then(pl.lit(_CLICK_WINDOW)).otherwise(pl.lit(_USER_DATA_WINDOW))
    return pl.coalesce("clicked_at", "lead_created_at", "event_time") + window


def has_click() -> pl.Expr:
    """Whether there is a click id."""
    return pl.any_horizontal(pl.col(f"id.{name}").is_not_null() for name in CLICK_IDS)


def has_no_identifier() -> pl.Expr:
    """Whether Google would refuse the event, and with it the whole request, for want of an identifier."""
    return ~has_click() & user_identifiers().is_null()


def payload() -> pl.Expr:
    """Everything but id, time and money, with the field names of the ``Event`` message."""
    return js.members(
        event_source=js.plain(pl.col("event_source")),
        ad_identifiers=_first_click(),
        user_data=js.members(user_identifiers=user_identifiers()),
        consent=js.members(
            ad_user_data=consent("ad_user_data"), ad_personalization=consent("ad_personalization")
        ),
    )


def event_json() -> pl.Expr:
    """The whole event as JSON, from a delivery's columns (event_id, event_time, value, currency, payload)."""
    currency = (pl.lit(',"currency":') + js.plain(pl.col("currency"))).fill_null("")
    money = pl.lit('"conversionValue":') + js.number(pl.col("value")) + currency + pl.lit(",")
    return pl.concat_str(
        pl.lit('{"transactionId":'),
        js.plain(pl.col("event_id")),
        pl.lit(',"eventTimestamp":'),
        pl.from_epoch("event_time", time_unit="us").dt.strftime('"%Y-%m-%dT%H:%M:%S%.6fZ",'),
        money.fill_null(""),
        in_googles_names(pl.col("payload")).str.strip_prefix("{"),
    )


def identifiers() -> pl.Expr:
    """The one click id that is sent, and the kinds of user identifiers; an address only where it is whole."""
    has = {name: pl.col(f"id.{name}").is_not_null() for name in (*CLICK_IDS, "email", "phone")}
    first = {
        name: has[name]
        & ~pl.any_horizontal(pl.lit(value=False), *(has[other] for other in CLICK_IDS[:place]))
        for place, name in enumerate(CLICK_IDS)
    }
    return names_of({"email": has["email"], "phone": has["phone"], "address": _address_is_whole()} | first)


def named(payload: Mapping[str, Any]) -> list[str]:
    """The click id, and the kinds of user identifiers."""
    kinds = {_KINDS[field]: None for one in _user_identifiers(payload) for field in one}
    return [*kinds, *payload.get("ad_identifiers", {})]


def without(payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
    """``payload`` without the identifiers that ``drops`` names; None where none is left."""
    seen: Counter[str] = Counter()
    users = []
    for one in _user_identifiers(payload):
        ((field, value),) = one.items()
        kind = _KINDS[field]
        if not drops(kind, seen[kind], value):
            users.append(one)
        seen[kind] += 1
    clicks = {
        name: value for name, value in payload.get("ad_identifiers", {}).items() if not drops(name, 0, value)
    }
    if not users and not clicks:
        return None
    left = {name: value for name, value in payload.items() if name not in {"ad_identifiers", "user_data"}}
    left |= {"ad_identifiers": clicks} if clicks else {}
    return left | ({"user_data": {"user_identifiers": users}} if users else {})


def _first_click() -> pl.Expr:
    """One click id an event: Google refuses a gbraid beside a wbraid, and a gclid says more than either."""
    return pl.coalesce(js.members(**{name: js.plain(pl.col(f"id.{name}"))}) for name in CLICK_IDS)


def user_identifiers(*, most_of_a_kind: int | None = None) -> pl.Expr:
    """The user identifiers as a JSON array; null without any. An address counts only when it is whole.

    ``most_of_a_kind`` bounds the e-mails, and the phones; None takes all.
    """
    further = None if most_of_a_kind is None else most_of_a_kind - 1
    address = js.object_of({field: js.text(pl.col(f"id.{column}")) for field, column in _ADDRESS.items()})
    return js.array(
        *_one_or_more("email_address", "email", further),
        *_one_or_more("phone_number", "phone", further),
        js.members(address=pl.when(_address_is_whole()).then(address)),
    )


def _address_is_whole() -> pl.Expr:
    return pl.all_horizontal(pl.col(f"id.{column}").is_not_null() for column in _ADDRESS.values())


def _user_identifiers(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload.get("user_data", {}).get("user_identifiers", [])
    return found


def _one_or_more(field: str, name: str, most_further: int | None) -> tuple[pl.Expr, pl.Expr]:
    """An identifier of a kind, and further ones, at most so many: each is an object of its own."""
    listed = pl.col(f"more.{name}")
    taken = listed if most_further is None else listed.list.head(most_further)
    further = taken.list.join(f'"}},{{"{field}":"')
    return (
        js.members(**{field: js.plain(pl.col(f"id.{name}"))}),
        pl.lit(f'{{"{field}":"') + further + pl.lit('"}'),
    )


def in_googles_names(payload: pl.Expr) -> pl.Expr:
    """JSON text of a payload, or of a part of one, with its keys as Google's JSON writes them."""
    return payload.str.replace_many(_FIELDS)


def consent(column: str) -> pl.Expr:
    """The status of one of the two consents, as JSON; null where the person said neither yes nor no."""
    return pl.col(column).replace_strict(
        {"granted": '"CONSENT_GRANTED"', "denied": '"CONSENT_DENIED"'}, default=None, return_dtype=pl.String
    )
