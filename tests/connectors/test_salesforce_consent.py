"""A consent counts as the person last gave or withdrew it, on whichever of their records that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.base import SourceContext
from connectors.salesforce.schema.objects import MODELS
from connectors.salesforce.schema.plan import make_plan
from tests.connectors.salesforce_org import Org, entries_of, notes_of, serving


@pytest.mark.parametrize(
    ("at_conversion", "by_the_contact_since", "heard"),
    [("yes", "no", "denied"), ("yes", "Yes", "yes"), ("yes", None, "yes"), (None, "no", "no")],
)
@pytest.mark.parametrize("bulk", ["never", "always"])
def test_a_consent_that_the_contact_withdrew_counts_for_the_opportunity_and_for_the_lead(
    tmp_path: Path, bulk: str, at_conversion: str | None, by_the_contact_since: str | None, heard: str
) -> None:
    org = Org()
    contact = org.contact(1, Email="w.naylor@example.net", Consent__c=by_the_contact_since)
    deal = org.opportunity(1, "Closed Won", ContactId=contact, Consent__c=at_conversion)
    made = {"ConvertedOpportunityId": deal, "ConvertedContactId": contact}
    org.lead(1, "Qualified", Consent__c=at_conversion, **made)
    org.lead(2, "Unmapped", Consent__c="yes")
    org.contact(2, Consent__c="yes")
    org.opportunity(2, "Unmapped", Consent__c="yes")
    consent = {"ad_user_data": "Consent__c"}
    with serving(org, tmp_path) as served:
        entries = entries_of(list(served.connector(bulk=bulk, consent_fields=consent).read(None)))
    assert entries.set_index("object")["ad_user_data"].to_dict() == {"Lead": heard, "Opportunity": heard}


@pytest.mark.parametrize(
    ("first", "second", "whose", "heard"),
    [
        ("yes", "no", "her own", "denied"),
        ("yes", "yes", "her own", "yes"),
        (None, "no", "her own", "no"),
        (None, "yes", "her own", "yes"),
        (None, "yes", "somebody else's", None),
        ("yes", "no", "somebody else's", "denied"),
    ],
)
def test_of_several_leads_of_one_opportunity_none_is_passed_over(
    tmp_path: Path, first: str | None, second: str, whose: str, heard: str | None
) -> None:
    org = Org()
    contact = org.contact(1, Email="w.naylor@example.net")
    deal = org.opportunity(1, "Closed Won", created=60, ContactId=contact, Consent__c=None)
    of_second = contact if whose == "her own" else org.contact(2)
    org.lead(1, "Working", Consent__c=first, ConvertedOpportunityId=deal, ConvertedContactId=contact)
    org.lead(
        2, "Working", created=5, Consent__c=second, ConvertedOpportunityId=deal, ConvertedContactId=of_second
    )
    org.opportunity(2, "Unmapped", Consent__c="yes")
    won = {"Opportunity.StageName": {"Closed Won": "won"}}
    consent = {"ad_user_data": "Consent__c"}
    with serving(org, tmp_path) as served:
        entries = entries_of(list(served.connector(stages=won, consent_fields=consent).read(None)))
    assert [None if pd.isna(said) else said for said in entries["ad_user_data"]] == [heard]


def test_a_consent_that_the_persons_individual_holds_is_found_along_the_contact(tmp_path: Path) -> None:
    individual = {"name": "IndividualId", "relationshipName": "Individual", "referenceTo": ["Individual"]}
    opted_out = {"name": "OptOut__c", "type": "boolean", "filterable": True}
    context = SourceContext("crm", "Europe/Paris", "FR", "EUR", {"ad_user_data": "Individual.OptOut__c"})
    with serving(Org(), tmp_path) as served:
        client = served.client()

        def describe(name: str) -> dict[str, Any]:
            if name == "Individual":
                return {"name": name, "fields": [opted_out]}
            described = client.describe(name)
            known = [field for field in described["fields"] if field["name"] != "IndividualId"]
            return {**described, "fields": [*known, individual] if name != "Opportunity" else known}

        plans = [make_plan(model, served.settings(), context, describe) for model in MODELS]
    assert [(plan.columns["ad_user_data"], mistakes) for plan, mistakes in plans] == [
        (("Individual.OptOut__c", "ConvertedContact.Individual.OptOut__c"), []),
        (("Contact.Individual.OptOut__c",), []),
    ]


def test_a_consent_that_another_source_records_is_no_mistake_here_but_is_told(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working", Email="w.naylor@example.net")
    consent = {"ad_user_data": "Marketing consent"}
    with serving(org, tmp_path) as served:
        batches = list(served.connector(consent_fields=consent, consent_required=False).read(None))
    assert entries_of(batches)["ad_user_data"].isna().all()
    assert "consent.fields.ad_user_data: no field Marketing consent on Lead" in notes_of(batches)
