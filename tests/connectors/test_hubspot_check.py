"""What ``closedwon check`` says of a HubSpot portal."""

from __future__ import annotations

from typing import Any

import pytest

from closedwon.sandbox.world import PortalProperty
from tests.connectors.hubspot_portal import CONTACT_PATH, OAUTH, Portal, Served, refusal, serving


def checked(served: Served, **changes: Any) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.message) for check in served.connector(**changes).check()}


@pytest.mark.parametrize("auth", [None, OAUTH], ids=["service key", "oauth"])
def test_a_portal_that_has_all_that_the_file_names_is_in_order(auth: dict[str, str] | None) -> None:
    portal = Portal()
    portal.custom = {"contacts": (PortalProperty("ad_click", "Ad click"),)}
    portal.contact(7, ("lead", 0))
    portal.deal(5, ("closedwon", 60))
    given = {"auth": auth} if auth else {}
    with serving(portal) as served:
        checks = checked(served, fields={"gclid": "ad_click"}, **given)
        assert served.count("contacts.batch_read") == 0
    assert all(ok for ok, _ in checks.values())
    assert list(checks) == [
        "login",
        "properties",
        "contact.lifecyclestage",
        "contact history",
        "deal.dealstage",
        "deal history",
    ]


def test_every_property_that_is_missing_is_named_with_its_key_and_the_closest_name() -> None:
    portal = Portal()
    portal.custom = {"contacts": (PortalProperty("ad_click", "Ad click"),)}
    fields = {"gclid": "ad_clik", "fbclid": {"deal": "hs_facebook_click_id"}, "amount": "dealname"}
    with serving(portal) as served:
        ok, message = checked(served, fields=fields)["properties"]
    assert not ok
    assert "sources.crm.fields.gclid: no property ad_clik of contacts or deals (closest: ad_click" in message
    assert "sources.crm.fields.fbclid.deal: no property hs_facebook_click_id of deals" in message
    assert "sources.crm.fields.amount: dealname of deals is of type string, amount needs number" in message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Closed one", "no stage of a deal pipeline is called Closed one (closest: "),
        ("Closed won", 'several pipelines have a stage Closed won: write "Sales Pipeline: Closed won" or'),
        ("Renewal: Contract sent", "(closest: Renewals: Contract sent"),
    ],
)
def test_a_stage_that_the_portal_lacks_is_answered_with_the_closest(name: str, says: str) -> None:
    with serving(Portal()) as served:
        ok, message = checked(served, stages={"deal.dealstage": {name: "won"}})["deal.dealstage"]
    assert not ok
    assert message.startswith("stages.deal.dealstage: ")
    assert says in message


def test_a_label_a_pipeline_with_its_stage_and_an_internal_value_all_name_a_stage() -> None:
    stages = {
        "contact.lifecyclestage": {"customer": "won", "sales qualified lead": "qualified"},
        "deal.dealstage": {"contract sent": "opportunity", "772": "won", "sales pipeline: closed WON": "won"},
    }
    with serving(Portal()) as served:
        checks = checked(served, stages=stages)
    assert checks["contact.lifecyclestage"] == (True, "all 2 mapped stages are in the portal")
    assert checks["deal.dealstage"] == (True, "all 3 mapped stages are in the portal")


def test_one_stage_under_two_names_with_two_meanings_is_a_mistake() -> None:
    stages = {"deal.dealstage": {"771": "opportunity", "Contract sent": "won"}}
    with serving(Portal()) as served:
        ok, message = checked(served, stages=stages)["deal.dealstage"]
    assert not ok
    assert "Contract sent is mapped twice, as opportunity and as won" in message


@pytest.mark.parametrize("history", ["refused", "absent"])
def test_a_history_that_cannot_be_read_is_a_warning(history: str) -> None:
    portal = Portal()
    portal.contact(7, ("lead", 0))
    with serving(portal) as served:
        served.tell(history=history)
        ok, message = checked(served)["contact history"]
    assert ok
    assert message.startswith("warning:")


def test_missing_scopes_and_a_wrong_key_are_failures_with_advice() -> None:
    with serving(Portal()) as served:
        served.tell(scopes=["crm.objects.contacts.read", "crm.schemas.contacts.read"])
        ok, message = list(checked(served).values())[-1]
        assert not ok
        assert "crm.objects.deals.read" in message
        wrong = {"flow": "service_key", "token": "pat-eu1-wrong-wrong-wrong"}
        assert checked(served, auth=wrong)["login"][0] is False


def test_records_that_may_not_be_read_are_a_failure_though_their_properties_may() -> None:
    with serving(Portal()) as served:
        served.faults.add(refusal(403, '{"category": "MISSING_SCOPES"}', CONTACT_PATH))
        ok, message = checked(served)["access"]
    assert not ok
    assert "crm.objects.contacts.read" in message
