"""facebook-business, Meta's own SDK: events built from its classes and normalised by its ``Event.normalize``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.gender import Gender
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

Row = Mapping[str, Any]

_AT_ONCE = 1_000
_PIXEL, _TOKEN = "1234567890", "EAA-invented-for-benchmarks"
_GENDERS = {"f": Gender.FEMALE, "m": Gender.MALE}


def normalized(row: Row) -> dict[str, Any] | None:
    """The event's payload with the person of ``row`` hashed, or None where the SDK refuses one of the values."""
    try:
        payload: dict[str, Any] = Event(
            event_name="Purchase", event_time=row["event_time"], user_data=_user_data(row)
        ).normalize()
    except (TypeError, ValueError):
        return None
    return payload


def event_json(row: Row) -> str | None:
    """A purchase in a store as JSON, as ``EventRequest`` builds it, or None where the SDK refuses a value."""
    try:
        return json.dumps(_event(row).normalize())
    except (TypeError, ValueError):
        return None


def send_events(url: str, rows: Iterable[Row]) -> None:
    """Send a purchase a row to the server at ``url``, a thousand a request, one request after another."""
    FacebookSession.GRAPH = url
    FacebookAdsApi.init(access_token=_TOKEN, crash_log=False)
    events = (_event(row) for row in rows)
    while batch := list(islice(events, _AT_ONCE)):
        answer = EventRequest(pixel_id=_PIXEL, events=batch).execute()
        assert answer.events_received == len(batch)


def _event(row: Row) -> Event:
    """A purchase in a store."""
    return Event(
        event_name=row["name"],
        event_time=row["event_time"],
        event_id=row["event_id"],
        action_source=ActionSource.PHYSICAL_STORE,
        user_data=_user_data(row),
        custom_data=CustomData(value=row["value"], currency=row["currency"], order_id=row["order_id"]),
    )


def _user_data(row: Row) -> UserData:
    return UserData(
        email=row["email"],
        phone=row["phone"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        date_of_birth=row["date_of_birth"],
        gender=row["gender"] and _GENDERS[row["gender"]],
        city=row["city"],
        state=row["state"],
        zip_code=row["postal_code"],
        country_code=row["country"],
    )
