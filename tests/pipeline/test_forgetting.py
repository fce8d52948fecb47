"""A person is forgotten: nothing of them is left, nobody else loses anything, and they stay out."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.ledger import Ledger, LedgerError, RunInProgressError
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.people.keeping_out import KEY_VARIABLE
from closedwon.ledger.schema import metadata
from closedwon.ledger.states import State
from closedwon.ledger.views.records import explain
from closedwon.pipeline.forgetting.forget import Asked, NotAgreedError, NotForgottenError, forget
from closedwon.pipeline.forgetting.receipts import Preview, Receipt
from connectors.base import Gone
from tests.pipeline.shop import ASKED, EMAIL, FBCLID, GCLID, LEAD_ID, NOW, PHONE, Shop, lead, purchase, sha

OTHER, OTHER_PHONE = "grace.invented@post.example", "+33639980042"
_TABLES = [table.name for table in metadata.sorted_tables]


def forgotten(acme: Shop, **asked: Any) -> Receipt:
    return forget(acme.settings, acme.ledger, Asked(**asked), now=NOW)


def everything(acme: Shop) -> str:
    """All that any table has, and what lies in the files of an SQLite ledger."""
    files = [path.read_bytes().decode("latin-1") for path in acme.folder.rglob("*") if path.is_file()]
    return json.dumps([acme.rows(table) for table in _TABLES]) + "".join(files)


def traces(acme: Shop, *values: str) -> list[str]:
    text = everything(acme).lower()
    return [value for value in values if value.lower() in text]


def accepted(acme: Shop) -> None:
    for name in ("meta", "google"):
        outbox = Outbox(acme.ledger, "acme", name)
        claimed = outbox.claim(1_000, NOW)["event_id"].to_list()
        outbox.settle(Settlement(claimed, State.ACCEPTED, keep_payload=True, polled=True), run_id=1, now=NOW)


def records(acme: Shop) -> set[str]:
    return {row["record_id"] for row in acme.rows("stage_entries")}


def ada(acme: Shop) -> None:
    """Three records of one person, and one of somebody else."""
    person = {"email": EMAIL, "phone": PHONE, "first_name": "Ada", "last_name": "Invented"}
    acme.leads(
        lead("00Q-ADA-1", gclid=GCLID, fbclid=FBCLID, meta_lead_id=LEAD_ID, external_id="CARD-77", **person),
        lead("00Q-GRACE", email=OTHER, phone=OTHER_PHONE, gclid=f"{GCLID}x"),
    )
    acme.sales(
        purchase("T-ADA-9", email=EMAIL), purchase("T-ADA-10", phone=PHONE), purchase("T-GRACE", email=OTHER)
    )


OF_ADA = (
    EMAIL,
    PHONE,
    "612345678",
    *(sha(form) for form in (EMAIL, PHONE, PHONE.removeprefix("+"), "ada", "invented", "card-77", "CARD-77")),
    sha(EMAIL)[:32],
    sha(PHONE)[:32],
    LEAD_ID,
    f'{GCLID}"',
    FBCLID,
    "00Q-ADA-1",
    "T-ADA-9",
    "T-ADA-10",
)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [({"email": EMAIL}, False), ({"phone": "06 12 34 56 78"}, False), ({"record": "00Q-ADA-1"}, True)],
)
def test_nothing_of_the_person_is_left_in_any_table_or_file(
    acme: Shop, asked: dict[str, str], sent: bool
) -> None:
    ada(acme)
    assert len(traces(acme, *OF_ADA)) > len(OF_ADA) // 2
    if sent:
        accepted(acme)
    receipt = forgotten(acme, **asked)
    assert traces(acme, *OF_ADA) == []
    assert receipt.scrubbed
    assert records(acme) == {"", "00Q-GRACE", "T-GRACE"}


def test_nobody_else_loses_anything(acme: Shop) -> None:
    ada(acme)
    theirs = [acme.sent("00Q-GRACE"), acme.sent("T-GRACE")]
    forgotten(acme, email=EMAIL)
    assert [acme.sent("00Q-GRACE"), acme.sent("T-GRACE")] == theirs
    assert [row["record_id"] for row in acme.rows("identities")].count("00Q-GRACE") == 1


def test_what_waited_is_not_sent(acme: Shop) -> None:
    ada(acme)
    receipt = forgotten(acme, email=EMAIL)
    assert {name: told.withdrawn for name, told in receipt.destinations.items()} == {"google": 3, "meta": 2}
    left = {name: Outbox(acme.ledger, "acme", name).waiting() for name in ("meta", "google")}
    assert left == {"meta": 1, "google": 2}


def test_what_was_under_way_when_a_run_died_the_platform_may_have_by_the_receipt(acme: Shop) -> None:
    ada(acme)
    Outbox(acme.ledger, "acme", "meta").claim(1_000, NOW)
    receipt = forgotten(acme, email=EMAIL)
    assert {name: told.tried for name, told in receipt.destinations.items()} == {"google": 0, "meta": 2}
    assert receipt.destinations["meta"].to_do is not None
    assert receipt.destinations["google"].to_do is None


def test_what_was_sent_still_counts_and_the_receipt_says_what_to_do_there(acme: Shop) -> None:
    ada(acme)
    accepted(acme)
    receipt = forgotten(acme, email=EMAIL)
    for name, platform, count in (("meta", "Meta", 2), ("google", "Google", 3)):
        told = receipt.destinations[name]
        assert (told.accepted, told.withdrawn) == (count, 0)
        assert told.to_do is not None and platform in told.to_do
    assert [row["state"] for row in acme.rows("deliveries")].count("accepted") == 8
    assert {row["request_id"] for row in acme.rows("deliveries") if row["payload"] is None} == {None}


def test_the_receipt_names_nobody(acme: Shop) -> None:
    ada(acme)
    told = json.dumps(forgotten(acme, email=EMAIL, phone=PHONE, record="00Q-ADA-1").as_json())
    assert [value for value in OF_ADA if value.lower() in told.lower()] == []
    assert json.loads(told)["asked_by"] == ["email", "phone", "record"]


def test_the_person_stays_out_whatever_the_records_id(acme: Shop) -> None:
    ada(acme)
    forgotten(acme, email=EMAIL)
    before = {table: acme.rows(table) for table in _TABLES if table != "cursors"}
    acme.leads(
        lead("00Q-NEW", email="Ada.Invented@Courriel.example "),
        lead("00Q-ADA-1", email="new.address@post.example"),
        gone=[Gone("Lead", "00Q-ADA-1", merged_into="00Q-ELSE")],
    )
    assert acme.report.forgotten == 2
    acme.sales(purchase("T-NEW", phone=PHONE), purchase("T-ADA-9", email=OTHER))
    assert acme.report.forgotten == 2
    assert {table: acme.rows(table) for table in before} == before
    assert traces(acme, *OF_ADA, "00Q-NEW", "T-NEW") == []


def test_somebody_else_is_let_in(acme: Shop) -> None:
    ada(acme)
    forgotten(acme, email=EMAIL)
    acme.sales(purchase("T-OTHER", email=OTHER), purchase("T-HOUSEHOLD", email=OTHER, phone=PHONE))
    assert acme.report.forgotten == 0
    assert {"T-OTHER", "T-HOUSEHOLD"} <= records(acme)


def test_of_a_household_only_the_one_who_asked_is_forgotten(acme: Shop) -> None:
    acme.leads(
        lead("L-ADA", email=EMAIL, phone=PHONE, first_name="Ada", last_name="Invented"),
        lead("L-GRACE", email=OTHER, phone=PHONE, first_name="Grace", last_name="Invented"),
    )
    forgotten(acme, email=EMAIL)
    assert records(acme) == {"", "L-GRACE"}
    assert acme.sent("L-GRACE")["phone_number"] == [sha(PHONE)]
    acme.sales(purchase("T-EITHER", phone=PHONE))
    assert acme.report.forgotten == 0


def test_a_number_of_several_people_is_erased_and_nobody_is_followed(acme: Shop) -> None:
    acme.leads(lead("L-ADA", email=EMAIL, phone=PHONE), lead("L-GRACE", email=OTHER, phone=PHONE))
    receipt = forgotten(acme, phone=PHONE)
    assert receipt.of_several
    assert any("several people" in note for note in receipt.notes)
    assert traces(acme, sha(PHONE), sha(PHONE.removeprefix("+"))) == []
    acme.sales(purchase("T-ADA", email=EMAIL), purchase("T-EITHER", email=EMAIL, phone=PHONE))
    assert records(acme) == {"", "T-ADA"}


def test_a_refund_of_a_forgotten_order_is_left_out_too(acme: Shop) -> None:
    ada(acme)
    forgotten(acme, email=EMAIL)
    refund = {"object": "refund", "record_id": "R1", "order_id": "T-ADA-9", "stage": "refund", "amount": -5.0}
    acme.sales(refund | {"entered_at": NOW, "currency": "EUR"})
    assert acme.report.forgotten == 1
    assert traces(acme, "T-ADA-9") == []


def test_somebody_unknown_is_kept_out_from_now_on(acme: Shop) -> None:
    receipt = forgotten(acme, email=EMAIL, record="001XX00000AbCdE")
    assert not receipt.known
    acme.leads(lead("L1", email=EMAIL), lead("001XX00000AbCdEYAV", email=OTHER), lead("L2", email=OTHER))
    assert acme.report.forgotten == 2
    assert records(acme) == {"L2"}


SHORT, LONG = "00Q5g00000AbCdE", "00Q5g00000AbCdEEAV"
"""One lead's id as Salesforce shows it, and as it tells it."""


def test_a_record_is_found_by_the_short_id_that_salesforce_shows(acme: Shop) -> None:
    acme.leads(lead(LONG, email=EMAIL))
    assert [entry["record_id"] for entry in explain(acme.ledger, SHORT)] == [LONG]
    assert forgotten(acme, record=SHORT).erased["stage_entries"] == 1
    assert traces(acme, LONG) == []


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        (SHORT, ["00Q5g00000abcdeEAA", f"{SHORT}0", f"{SHORT}0AA", f"{SHORT}EAV0"]),
        ("202511220000001", ["2025112200000017", "202511220000001789"]),
    ],
)
def test_an_id_that_only_begins_alike_is_another_records(acme: Shop, asked: str, others: list[str]) -> None:
    acme.leads(*(lead(one, email=f"p{n}@post.example") for n, one in enumerate(others)))
    assert explain(acme.ledger, asked) == []
    assert not forgotten(acme, record=asked).known
    assert records(acme) == set(others)
    acme.leads(*(lead(one, email=f"p{n}@post.example") for n, one in enumerate(others)))
    assert acme.report.forgotten == 0


def test_a_purchase_that_carried_of_the_record_is_found_though_its_hashes_are_gone(acme: Shop) -> None:
    acme.leads(lead("00Q-ADA-1", email=EMAIL, gclid=GCLID, fbclid=FBCLID))
    acme.sales(purchase("T-ADA-9", email=EMAIL))
    accepted(acme)
    with acme.ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET payload = NULL")
        connection.exec_driver_sql("DELETE FROM identities")
    assert traces(acme, "00Q-ADA-1", "T-ADA-9") == ["00Q-ADA-1", "T-ADA-9"]
    forgotten(acme, record="00Q-ADA-1")
    assert traces(acme, "00Q-ADA-1", "T-ADA-9") == []


def test_it_can_be_asked_again(acme: Shop) -> None:
    ada(acme)
    forgotten(acme, email=EMAIL)
    again = forgotten(acme, email=EMAIL)
    assert not again.known
    assert set(again.kept_out) == {"email"}


def test_what_came_in_before_without_an_address_is_found_by_the_record(tmp_path: Path) -> None:
    acme = Shop(tmp_path)
    acme.leads(lead("00Q-ADA-1", email=EMAIL))
    receipt = forgotten(acme, record="00Q-ADA-1")
    assert receipt.kept_out == {"email": 1, "record": 1}
    acme.leads(lead("00Q-NEW", email=EMAIL))
    assert acme.report.forgotten == 1
    acme.ledger.close()


def test_an_address_that_many_share_is_not_forgotten_by_mistake(acme: Shop) -> None:
    acme.leads(
        *(
            lead(f"L{n}", email=EMAIL, phone=PHONE, first_name=name, last_name="Invented")
            for n, name in enumerate("abcdefghijkl")
        )
    )
    with pytest.raises(NotForgottenError, match=r"identity\.not_customers.*--record"):
        forgotten(acme, email=EMAIL)
    assert len(records(acme)) == 12


@pytest.mark.parametrize(
    ("people", "doubtful"),
    [
        ([{"first_name": "Ada"}, {"first_name": "Ada"}], False),
        ([{"phone": f"+3361234567{n}"} for n in range(2)], False),
        ([{"first_name": "Ada"}, {"first_name": "Grace"}], True),
        ([{"phone": f"+3361234567{n}"} for n in range(3)], True),
        ([{}] * 51, True),
    ],
    ids=["one", "two numbers", "two names", "three numbers", "many records"],
)
def test_what_may_be_of_several_people_is_shown_before_it_is_erased(
    acme: Shop, people: list[dict[str, str]], doubtful: bool
) -> None:
    acme.leads(*(lead(f"L{n}", email=EMAIL, last_name="Invented", **one) for n, one in enumerate(people)))
    shown: list[Preview] = []

    def refuse(preview: Preview) -> bool:
        shown.append(preview)
        return False

    try:
        forget(acme.settings, acme.ledger, Asked(email=EMAIL), now=NOW, agreed=refuse)
    except NotAgreedError:
        assert len(records(acme)) == len(people)
    assert bool(shown) == doubtful
    assert [preview.records for preview in shown] == [len(people)] * doubtful
    assert traces(acme, EMAIL, *(preview.words for preview in shown)) == []


@pytest.mark.parametrize(
    ("via", "words"),
    [("data_manager", "Data Manager API takes none back"), ("google_ads", "Google Ads API can retract")],
)
def test_the_receipt_says_what_the_way_to_the_platform_can_take_back(
    acme: Shop, via: str, words: str
) -> None:
    ada(acme)
    accepted(acme)
    given = acme.settings.model_dump(exclude_unset=True)
    given["destinations"]["google"] = {
        "customer_id": "123-456-7890",
        "credentials": "google.json",
        "via": via,
    }
    acme.settings = type(acme.settings).model_validate(given)
    receipt = forgotten(acme, email=EMAIL)
    assert words in (receipt.destinations["google"].to_do or "")


def test_what_a_destination_was_told_that_the_file_no_longer_names_is_told_too(acme: Shop) -> None:
    ada(acme)
    accepted(acme)
    left = acme.settings.destinations.model_copy(update={"google": None})
    acme.settings = acme.settings.model_copy(update={"destinations": left})
    assert "no longer names it" in (forgotten(acme, email=EMAIL).destinations["google"].to_do or "")


@pytest.mark.parametrize("asked", [{"email": "not an address"}, {"phone": "99999"}])
def test_what_is_no_address_or_number_is_refused_and_not_repeated(acme: Shop, asked: dict[str, str]) -> None:
    with pytest.raises(NotForgottenError) as refused:
        forgotten(acme, **asked)
    assert refused.value.option in asked
    assert not any(value in str(refused.value) for value in asked.values())


def test_an_id_of_two_sources_needs_the_source(acme: Shop) -> None:
    acme.leads(lead("1001", email=EMAIL))
    acme.sales(purchase("1001", email=OTHER))
    with pytest.raises(NotForgottenError, match="crm, shops"):
        forgotten(acme, record="1001")
    forgotten(acme, record="1001", source="shops")
    assert [row["source"] for row in acme.rows("stage_entries") if row["record_id"]] == ["crm"]


def test_a_client_that_runs_is_not_touched(acme: Shop) -> None:
    ada(acme)
    other = Ledger(acme.url)
    with other.lease("acme"), pytest.raises(RunInProgressError):
        forgotten(acme, email=EMAIL)
    other.close()
    assert "00Q-ADA-1" in records(acme)


def test_a_key_from_the_environment_is_not_stored_and_must_not_be_lost(
    acme: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "an-invented-key-of-some-length-0123456789")
    forgotten(acme, email=EMAIL)
    assert traces(acme, "an-invented-key") == []
    monkeypatch.setenv(KEY_VARIABLE, "another-invented-key-of-some-length-98765")
    with pytest.raises(LedgerError, match=f"{KEY_VARIABLE} is another"):
        acme.leads(lead("L1", email=EMAIL))
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(LedgerError, match=f"{KEY_VARIABLE} is not set"):
        acme.leads(lead("L1", email=EMAIL))
    assert records(acme) == set()


def test_a_short_key_is_refused(acme: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "guessable")
    with pytest.raises(LedgerError, match="too short"):
        forgotten(acme, email=EMAIL)


def test_the_digests_cannot_be_made_without_the_key(acme: Shop) -> None:
    forgotten(acme, email=EMAIL)
    digests = {row["digest"] for row in acme.rows("forgotten")}
    keys = {row["value"] for row in acme.rows("digest_keys")}
    assert digests and not digests & {
        sha(EMAIL),
        sha(sha(EMAIL)[:32]),
        sha(f"acme\x1femail\x1f{sha(EMAIL)[:32]}"),
    }
    assert len(keys) == 2


def test_a_retired_entry_is_not_judged_again(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL))
    with acme.ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE stage_entries SET record_id = ''")
        connection.exec_driver_sql("DELETE FROM deliveries")
    acme.leads(lead("L1", email=EMAIL, at=ASKED + timedelta(days=9)))
    assert acme.report.retired == 1
    assert acme.rows("deliveries") == []


def test_explain_knows_the_record_no_more(acme: Shop) -> None:
    ada(acme)
    forgotten(acme, email=EMAIL)
    assert explain(acme.ledger, "00Q-ADA-1") == []
