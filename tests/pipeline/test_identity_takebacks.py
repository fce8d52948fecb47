"""What is taken back is taken back everywhere, whatever else is read with it, and whichever way it is found out."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.pipeline.incoming.reconciling import reconcile
from closedwon.pipeline.report import SourceReport
from config.identity import IdentitySettings
from connectors.base import Gone
from tests.pipeline.shop import BOUGHT, EMAIL, GCLID, NOW, PHONE, ForgetfulCrm, Shop, lead, purchase, sha

OTHER = "bo@courriel.example"
LANDLINE = "+33145678901"


def payloads(acme: Shop) -> str:
    """All that the ledger keeps of deliveries' identifiers."""
    return " ".join(row["payload"] or "" for row in acme.rows("deliveries"))


def refused(record: str = "L1", **person: Any) -> dict[str, Any]:
    return lead(record, ad_user_data="no", **person)


def test_what_waits_does_not_carry_what_an_erased_record_held(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, phone=PHONE, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    later = NOW + timedelta(hours=1)
    reconcile(
        ForgetfulCrm("L1"),
        acme.settings,
        acme.ledger,
        SourceReport("crm", "Salesforce"),
        before=None,
        now=later,
        uploaders=acme.uploaders,
    )
    assert acme.sent("T1").keys() == {"em", "email_address"}


@pytest.mark.parametrize("how", ["refused", "deleted"])
def test_what_waits_does_not_carry_what_a_merged_record_held_once_the_other_takes_it_back(
    acme: Shop, how: str
) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID), lead("L2", email=OTHER))
    acme.sales(purchase(email=EMAIL))
    acme.leads(gone=[Gone("Lead", "L1", merged_into="L2")])
    if how == "refused":
        acme.leads(refused("L2", email=OTHER))
    else:
        acme.leads(gone=[Gone("Lead", "L2")])
    assert "gclid" not in acme.sent("T1")


def test_a_record_that_refuses_in_the_batch_of_its_merge_is_forgotten_with_what_was_merged_into_it(
    acme: Shop,
) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.leads(refused("L2", email=OTHER), gone=[Gone("Lead", "L1", merged_into="L2")])
    assert acme.held() == []


def test_a_merged_and_deleted_record_lends_nothing_to_the_batch_that_says_so(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.leads(
        lead("L3", BOUGHT, email=EMAIL),
        gone=[Gone("Lead", "L1", merged_into="L2"), Gone("Lead", "L2")],
    )
    assert "gclid" not in acme.sent("L3")


def test_a_takeback_leaves_what_the_same_batch_says_anew_of_a_delivery(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=EMAIL, gclid=GCLID))
    acme.leads(lead("L2", BOUGHT, phone=PHONE, email=EMAIL))
    assert acme.sent("L2")["gclid"] == GCLID
    acme.leads(refused(email=EMAIL, phone=PHONE), lead("L2", BOUGHT, phone=LANDLINE, email=OTHER))
    assert acme.sent("L2")["email_address"] == [sha(OTHER)]
    assert acme.sent("L2")["phone_number"] == [sha(LANDLINE)]


def test_a_takeback_does_not_bring_back_the_hashes_of_who_refuses_in_the_same_batch(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=EMAIL, gclid=GCLID))
    acme.leads(lead("L2", BOUGHT, phone=PHONE, email=EMAIL))
    acme.leads(refused(phone=PHONE, email=EMAIL), refused("L2", at=BOUGHT, phone=PHONE, email=EMAIL))
    assert sha(EMAIL) not in payloads(acme)


def test_a_takeback_leaves_a_delivery_that_has_something_of_its_own_by_now(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=EMAIL, gclid=GCLID, external_id="C1"))
    acme.leads(lead("L2", BOUGHT, external_id="C1"))
    assert acme.sent("L2")["gclid"] == GCLID
    acme.leads(refused(phone=PHONE, email=EMAIL), lead("L2", BOUGHT, email=OTHER))
    assert acme.state("L2", "google") == ("queued", None)


def test_a_refusal_is_heard_by_the_same_address_in_whichever_batch_it_is_read(acme: Shop) -> None:
    acme.leads(refused(email=EMAIL, gclid=GCLID))
    acme.leads(lead("L2", email=EMAIL, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    apart = acme.sent("T1").get("gclid")
    acme.leads(refused(email=EMAIL, gclid=GCLID), lead("L2", email=EMAIL, gclid=GCLID))
    acme.sales(purchase("T2", email=EMAIL))
    assert acme.sent("T2").get("gclid") == apart


def test_a_number_that_hundreds_share_does_not_push_out_the_lead_with_an_address_of_its_own(
    acme: Shop,
) -> None:
    acme.leads(lead("L1", email=EMAIL, phone=LANDLINE, gclid=GCLID))
    for start in (0, 40):
        acme.sales(
            *(
                purchase(f"X{n}", phone=LANDLINE, email=f"p{n}@courriel.example")
                for n in range(start, start + 40)
            )
        )
    acme.leads(lead("L1", email=EMAIL, phone=LANDLINE, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").get("gclid") == GCLID


def test_a_receipt_read_later_does_not_take_the_date_of_the_first_that_said_the_same(acme: Shop) -> None:
    customer = {"email": EMAIL, "phone": PHONE}
    acme.sales(purchase("T0", BOUGHT - timedelta(days=2), **customer))
    acme.sales(purchase("T9", BOUGHT + timedelta(days=1), **customer))
    acme.sales(purchase("T1", email=EMAIL))
    origin = acme.carried("T1", "google")["phone[0]"]
    assert (origin["record_id"], origin["known_at"]) == ("T0", "2026-11-16T12:00:00Z")


def test_settings_shown_as_defaults_are_the_defaults() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stitching.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\nidentity:\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    defaults = IdentitySettings().model_dump(exclude={"not_customers"})
    written = {
        name: json.loads(value) for name, value in re.findall(r"^  (\w+): (\w+)", shown[1], re.MULTILINE)
    }
    assert written == defaults
