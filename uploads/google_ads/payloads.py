"""What a conversion says of a person: one click id or a few hashes, and consent, as a ``ClickConversion`` has them.

Queued is what the Data Manager API takes, the address included: who is told that this API is closed to them moves to
that one, and what was held then goes there. Here a gclid may come with user identifiers; a gbraid or wbraid comes
alone.

https://developers.google.com/google-ads/api/docs/conversions/upload-offline
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from uploads import google_events as events
from uploads import json_columns as js
from uploads.base import Drops, names_of

MOST_IDENTIFIERS = 5

_BRAIDS = frozenset({"gbraid", "wbraid"})
_KINDS = ("email", "phone")
_FIELDS = {"email_address": "hashed_email", "phone_number": "hashed_phone_number"}
"""Fields of a queued user identifier, and of one that is sent."""

_CONSENT = ("ad_user_data", "ad_personalization")

_QUEUED = pl.Struct(
    {
        "ad_identifiers": pl.Struct(dict.fromkeys(events.CLICK_IDS, pl.String)),
        "user_data": pl.Struct({"user_identifiers": pl.List(pl.Struct(dict.fromkeys(_FIELDS, pl.String)))}),
        "consent": pl.Struct(dict.fromkeys(_CONSENT, pl.String)),
    }
)
"""As much of a queued payload as this API takes."""


def has_user() -> pl.Expr:
    """Whether there is an e-mail or a phone."""
    return pl.any_horizontal(_has(kind) for kind in _KINDS)


def payload() -> pl.Expr:
    """The JSON object that is queued."""
    return events.payload()


def sent(part: pl.DataFrame) -> pl.Series:
    """The JSON objects that are sent of queued ``payload``; null where one has nothing that this API takes."""
    # Decoded first: an expression would do it anew at every mention.
    decoded = part.select(queued=pl.col("payload").str.json_decode(_QUEUED))
    return decoded.select(sent=_sent(pl.col("queued")))["sent"]


def identifiers() -> pl.Expr:
    """The names of what is sent, with spaces between."""
    first = {
        "gclid": _has("gclid"),
        "gbraid": _has("gbraid") & ~_has("gclid"),
        "wbraid": _has("wbraid") & ~_has("gclid") & ~_has("gbraid"),
    }
    with_users = _has("gclid") | ~events.has_click()
    return names_of({kind: _has(kind) & with_users for kind in _KINDS} | first)


def named(payload: Mapping[str, Any]) -> list[str]:
    """The names of the identifiers in a queued ``payload`` that are sent."""
    found = events.named(payload)
    alone = [name for name in found if name in _BRAIDS]
    return alone or [name for name in found if name in {*_KINDS, *events.CLICK_IDS}]


def without(payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
    """A queued ``payload`` without what ``drops`` takes out; None where nothing is left to send."""
    left = events.without(payload, drops)
    return left if left is not None and named(left) else None


def of_wbraid() -> pl.Expr:
    """Whether a queued ``payload`` has a wbraid, of which Google takes no adjustment."""
    wbraid = pl.col("payload").str.json_path_match("$.ad_identifiers.wbraid")
    return wbraid.is_not_null().fill_null(value=False)


def _has(name: str) -> pl.Expr:
    return pl.col(f"id.{name}").is_not_null()


def _sent(queued: pl.Expr) -> pl.Expr:
    clicks, consent = queued.struct.field("ad_identifiers"), queued.struct.field("consent")
    alone = pl.any_horizontal(clicks.struct.field(name).is_not_null() for name in sorted(_BRAIDS))
    users = queued.struct.field("user_data").struct.field("user_identifiers")
    return js.members(
        **{name: js.plain(clicks.struct.field(name)) for name in events.CLICK_IDS},
        user_identifiers=pl.when(~alone.fill_null(value=False)).then(_user_identifiers(users)),
        consent=js.members(
            **{name: js.plain(consent.struct.field(name).str.strip_prefix("CONSENT_")) for name in _CONSENT}
        ),
    )


def _user_identifiers(users: pl.Expr) -> pl.Expr:
    """The first of each kind before further ones, which may be more than Google takes."""
    lists = [_objects(users, field, sent_as) for field, sent_as in _FIELDS.items()]
    in_order = [one.list.head(1) for one in lists] + [one.list.slice(1) for one in lists]
    first = pl.concat_list(in_order).list.head(MOST_IDENTIFIERS)
    return pl.when(first.list.len() > 0).then(pl.lit("[") + first.list.join(",") + pl.lit("]"))


def _objects(users: pl.Expr, field: str, sent_as: str) -> pl.Expr:
    """Those of one kind as a list of JSON objects; an empty one where there is none."""
    each = pl.lit(f'{{"{sent_as}":"') + pl.element().struct.field(field) + pl.lit('"}')
    return users.list.eval(each.drop_nulls()).fill_null([])
