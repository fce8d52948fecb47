"""What ``closedwon check`` says of a Salesforce org."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from closedwon.sandbox.faults import Fault
from connectors.base import SourceContext
from connectors.salesforce.api.client import Client
from connectors.salesforce.schema.objects import LEAD
from connectors.salesforce.schema.plan import make_plan
from tests.connectors.salesforce_org import Org, serving


def checked(served, **changes) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.message) for check in served.connector(**changes).check()}


def test_an_org_that_has_all_that_the_file_names_is_in_order(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working", GCLID__c="x")
    org.lead(2, "Qualified")
    org.opportunity(1, "Proposal")
    with serving(org, tmp_path) as served:
        checks = checked(served, fields={"gclid": {"Lead": "GCLID__c"}})
        assert served.count("records") == 0, "no record is read"
    assert all(ok for ok, _ in checks.values())
    assert list(checks) == [
        "login",
        "Lead fields",
        "Lead.Status",
        "LeadHistory",
        "Opportunity fields",
        "Opportunity.StageName",
        "OpportunityHistory",
    ]


def test_every_field_that_is_missing_is_named_with_its_key_and_the_closest_name(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working", GCLID__c="x")
    with serving(org, tmp_path) as served:
        checks = checked(
            served, fields={"gclid": {"Lead": "GCLD__c"}}, consent_fields={"ad_user_data": "Consent__c"}
        )
    ok, message = checks["Lead fields"]
    assert not ok
    assert "sources.crm.fields.gclid.Lead: no field GCLD__c on Lead (closest: GCLID__c)" in message
    assert "consent.fields.ad_user_data: no field Consent__c on Lead" in message
    assert not checks["Opportunity fields"][0]


def test_a_mapped_value_that_looks_like_another_and_nobody_has_is_a_mistake(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        checks = checked(served, stages={"Opportunity.StageName": {"Closed won": "won"}})
    ok, message = checks["Opportunity.StageName"]
    assert not ok
    assert "no record has: Closed won (did you mean Closed Won?)" in message


def test_a_mapped_value_that_was_retired_is_only_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = Org()
    org.opportunity(1, "Signed on paper")
    stages = {"Opportunity.StageName": {"Signed on paper": "won"}}
    with serving(org, tmp_path) as served:
        connector = served.connector(stages=stages)
        describe = Client.describe

        def without_picklists(client: Client, name: str) -> dict[str, Any]:
            described = describe(client, name)
            return {**described, "fields": [{**field, "picklistValues": []} for field in described["fields"]]}

        monkeypatch.setattr(Client, "describe", without_picklists)
        checks = {check.name: check for check in connector.check()}
    assert checks["Opportunity.StageName"].ok
    assert "warning: at most older records have: Signed on paper" in checks["Opportunity.StageName"].message


def test_a_field_of_several_parts_is_a_mistake_that_asks_for_one_of_them(tmp_path: Path) -> None:
    compound = {"name": "Address", "type": "address", "filterable": True}
    with serving(Org(), tmp_path) as served:
        client, settings = served.client(), served.settings(fields={"street": "Address"})

        def describe(name: str) -> dict[str, Any]:
            described = client.describe(name)
            return {**described, "fields": [*described["fields"], compound]}

        _, mistakes = make_plan(LEAD, settings, SourceContext("crm", "Europe/Paris", "FR", "EUR"), describe)
    assert mistakes == [
        "sources.crm.fields.street: Address is of type address, whose parts are fields of their own: name one"
    ]


def test_a_hidden_history_is_a_warning_and_a_hidden_object_a_failure(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        served.server.settings = served.server.settings.changed(
            {"hidden_objects": ["LeadHistory", "Opportunity"]}
        )
        checks = checked(served)
    assert checks["LeadHistory"][0]
    assert "field history tracking" in checks["LeadHistory"][1]
    ok, message = checks["access"]
    assert not ok
    assert "NOT_FOUND" in message


def test_a_check_warns_of_a_history_that_holds_no_change_of_status(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Qualified")
    org.lead_history(lead, 1, "OwnerId", "someone", "someone else")
    with serving(org, tmp_path) as served:
        untracked = checked(served)["LeadHistory"]
        served.server.change("acme.my", "Lead", lead, {"Status": "Working"})
        tracked = checked(served)["LeadHistory"]
    assert untracked[0]
    assert "holds no change of Lead.Status" in untracked[1]
    assert tracked == (True, "the times of past stages can be read")


def test_a_check_says_from_where_past_stages_are_told(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        served.hide("OpportunityHistory")
        checks = checked(served)
    ok, message = checks["OpportunityHistory"]
    assert ok
    assert "past stages come from OpportunityFieldHistory" in message


def test_a_check_says_when_leads_cannot_be_told_from_their_opportunities(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        served.hide("Lead")
        checks = checked(served, stages={"Opportunity.StageName": {"Closed Won": "won"}})
    ok, message = checks["Opportunity fields"]
    assert ok
    assert "which lead each came from cannot be seen" in message


def test_a_hidden_contact_takes_the_person_from_opportunities_and_a_note_says_so(tmp_path: Path) -> None:
    org = Org()
    org.opportunity(1, "Proposal")
    with serving(org, tmp_path) as served:
        served.server.settings = served.server.settings.changed({"hidden_objects": ["Contact"]})
        batches = list(served.connector().read(None))
    assert batches[-1].entries["stage"].tolist() == ["opportunity"]
    assert "Opportunity: no city, country, email" in " ".join(batches[-1].notes)


def test_a_login_that_fails_is_the_one_thing_said(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        served.faults.add(
            Fault("salesforce", "status", times=None, path="/services/oauth2/token", status=404)
        )
        checks = checked(served)
    assert list(checks) == ["login"]
    assert "auth.domain" in checks["login"][1]
