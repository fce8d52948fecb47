"""Whom a deal is about, what is known of them, and what they agreed to."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from closedwon.sandbox.world import PortalProperty
from connectors.hubspot import reading
from tests.connectors.hubspot_portal import (
    CONTACT_PATH,
    ONLY_CONTACTS,
    ONLY_DEALS,
    Portal,
    entries_of,
    refusal,
    serving,
)


def test_an_external_id_of_the_clients_own_is_kept() -> None:
    portal = Portal()
    portal.custom = {"contacts": (PortalProperty("shop_id", "Shop id"),)}
    contact = portal.contact(7, ("lead", 0), shop_id="S-1", email="ada@example.com")
    portal.deal(5, ("closedwon", 60), of=[contact])
    with serving(portal) as served:
        frame = entries_of(served.read(fields={"external_id": "shop_id"}))
    assert frame["external_id"].tolist() == ["S-1", "S-1"]


@pytest.mark.parametrize(
    ("known", "external_id"),
    [
        ({"email": "ada@example.com"}, "7"),
        ({"phone": "+33639980011"}, "7"),
        ({"hs_facebook_click_id": "IwARinvented"}, "7"),
        ({"firstname": "Ada"}, None),
        ({}, None),
    ],
)
def test_an_id_alone_is_nothing_that_a_platform_could_match(
    known: dict[str, str], external_id: str | None
) -> None:
    portal = Portal()
    contact = portal.contact(7, ("lead", 0), **known)
    portal.deal(5, ("closedwon", 60), of=[contact])
    with serving(portal) as served:
        ids = entries_of(served.read())["external_id"]
    assert [None if pd.isna(one) else one for one in ids] == [external_id, external_id]


@pytest.mark.parametrize(
    ("on_deal", "on_contact", "agreed"),
    [
        ("Yes", "no", "denied"),
        ("no", "yes", "denied"),
        ("Yes", " yes", "Yes"),
        ("yes", None, "yes"),
        (None, "no", "no"),
    ],
)
def test_a_deal_does_not_agree_to_what_its_contact_refused(
    on_deal: str | None, on_contact: str | None, agreed: str
) -> None:
    portal = Portal()
    consent = (PortalProperty("marketing_ok", "OK"),)
    portal.custom = {"contacts": consent, "deals": consent}
    contact = portal.contact(7, ("lead", 0), **_given(on_contact))
    portal.deal(5, ("closedwon", 60), of=[contact], **_given(on_deal))
    with serving(portal) as served:
        frame = entries_of(served.read(stages=ONLY_DEALS, consent_fields={"ad_user_data": "marketing_ok"}))
    assert frame["ad_user_data"].tolist() == [agreed]


def _given(consent: str | None) -> dict[str, str]:
    return {} if consent is None else {"marketing_ok": consent}


def test_a_contact_that_is_merged_between_two_requests_is_still_its_deals_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    portal = Portal()
    first = portal.contact(1, ("lead", 0), email="ada@example.com")
    second = portal.contact(2, ("lead", 0))
    portal.deal(5, ("closedwon", 60), of=[second])
    associated = reading.contacts_of_deals
    with serving(portal) as served:

        def merged_then(client: Any, deals: Any) -> dict[str, str]:
            found = associated(client, deals)
            served.server.merge("contacts", first, second)
            return found

        monkeypatch.setattr(reading, "contacts_of_deals", merged_then)
        frame = entries_of(served.read(stages=ONLY_DEALS))
    assert frame["email"].tolist() == ["ada@example.com"]


def test_a_text_that_was_cut_within_a_character_does_not_stop_the_reading() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 0), firstname="Ada \U0001f600")
    with serving(portal) as served:
        record = {
            "id": "7",
            "properties": {"lifecyclestage": "lead", "firstname": "Ada \ud83d", "email": "ada@exämple.org"},
            "propertiesWithHistory": {
                "lifecyclestage": [{"value": "lead", "timestamp": "2026-11-20T08:00:00Z"}]
            },
        }
        served.faults.add(refusal(200, json.dumps({"results": [record]}), f"{CONTACT_PATH}/batch/read"))
        row = entries_of(served.read(stages=ONLY_CONTACTS)).iloc[0]
    assert (row["first_name"], row["email"]) == ("Ada ?", "ada@exämple.org")
