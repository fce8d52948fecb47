"""The text that is sent is the one that Google's SDK would write, consent and all, without a Python object an event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from google.ads import datamanager_v1 as dm
from google.protobuf import json_format

from config.destinations import GoogleDataManagerSettings
from tests.uploads.conversions import ACCOUNT, conversions, deliveries, sha
from uploads.google_data_manager import connect
from uploads.google_events import event_json

TIME = datetime(2026, 11, 20, 9, 30, 1, 250_000, tzinfo=UTC)
ADDRESS = {
    "given_name": sha("a"),
    "family_name": sha("b"),
    "region_code": "PL",
    "postal_code": '00-950 "Łódź"',
}
GCLID = "Cj0KCQiAtesting-0123456789_abcdefghijklmnop"


def text(row: dict[str, Any]) -> str:
    settings = {"customer_id": ACCOUNT, "credentials": Path("none.json")}
    uploader = connect(GoogleDataManagerSettings.model_validate(settings))
    batch = deliveries(uploader, conversions([{"event_time": TIME, "id.email": sha("e"), **row}]))
    return str(batch.select(event=event_json())["event"][0])


ROWS: dict[str, dict[str, Any]] = {
    "everything": {
        "id.phone": sha("p"), "more.email": [sha("e2"), sha("e3")], "id.gclid": GCLID,
        **{f"id.{name}": value for name, value in ADDRESS.items()},
    },
    "no value": {"value": None, "currency": None},
    "a value without currency, which Google refuses by name": {"currency": None},
    "a value of nothing": {"value": 0.0},
    "large and small values": {"value": 123456789012.34},
    "a whole second": {"event_time": TIME.replace(microsecond=0)},
    "a braid": {"id.wbraid": GCLID, "event_source": "IN_STORE"},
    "consent denied": {"ad_user_data": "denied", "ad_personalization": "unspecified"},
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_the_text_reads_and_writes_as_googles_own_message(case: str) -> None:
    given = text(ROWS[case])
    message = dm.Event.pb(dm.Event())
    json_format.Parse(given, message)
    its_own = json_format.MessageToDict(message)
    ours = json.loads(given)
    for event in (its_own, ours):
        event["eventTimestamp"] = datetime.fromisoformat(event["eventTimestamp"])
    assert ours == its_own


@pytest.mark.parametrize(
    ("user_data", "personalization", "sent"),
    [
        ("granted", "granted", {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}),
        ("granted", "denied", {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_DENIED"}),
        ("denied", "unspecified", {"adUserData": "CONSENT_DENIED"}),
        ("unspecified", "granted", {"adPersonalization": "CONSENT_GRANTED"}),
        ("unspecified", "unspecified", None),
    ],
)
def test_consent_is_sent_as_it_was_given_and_never_made_up(
    user_data: str, personalization: str, sent: dict[str, str] | None
) -> None:
    event = json.loads(text({"ad_user_data": user_data, "ad_personalization": personalization}))
    assert event.get("consent") == sent


def test_what_looks_like_a_field_within_a_value_is_left_as_it_is() -> None:
    batch = pl.DataFrame(
        {
            "event_id": ["a"], "event_time": [0], "value": [1.5], "currency": ["EUR"],
            "payload": ['{"user_data":{"user_identifiers":[{"address":{"postal_code":"\\"postal_code\\":"}}]}}'],
        }
    )  # fmt: skip
    (one,) = json.loads(batch.select(event=event_json())["event"][0])["userData"]["userIdentifiers"]
    assert one == {"address": {"postalCode": '"postal_code":'}}
