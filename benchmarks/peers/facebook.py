"""facebook-business, Meta's own SDK: events built from its classes and normalised by its ``Event.normalize``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.gender import Gender
from facebook_business.adobjects.serverside.user_data import UserData

Row = Mapping[str, Any]

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
    event = Event(
        event_name=row["name"],
        event_time=row["event_time"],
        event_id=row["event_id"],
        action_source=ActionSource.PHYSICAL_STORE,
        user_data=_user_data(row),
        custom_data=CustomData(value=row["value"], currency=row["currency"], order_id=row["order_id"]),
    )
    try:
        return json.dumps(event.normalize())
    except (TypeError, ValueError):
        return None


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
