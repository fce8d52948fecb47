"""Every mistake in a file is named at once, with its line, what was expected, and what was probably meant."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config import ClientSettings, load_client
from config.sources import PosFilesSettings
from tests.config.conftest import Folder


def test_five_mistakes_of_five_kinds_are_all_named_with_their_lines(acme: Folder) -> None:
    acme.edit(
        ("timezone: Europe/Paris", "timezone: Paris"),
        ("type: pos_files", "type: pos_file"),
        ("access_token:", "acces_token:"),
        ("private_key_file: sf.pem", "private_key_file: missing.pem"),
        ('google: "222222222"', "google: Closed Won"),
    )

    found = {(one.key, one.line, one.suggestion) for one in acme.problems()}

    assert found == {
        ("timezone", acme.line_of("timezone"), None),
        ("sources.shops.type", acme.line_of("pos_file"), "pos_files"),
        ("destinations.meta.acces_token", acme.line_of("acces_token"), "access_token"),
        ("sources.crm.auth.private_key_file", acme.line_of("missing.pem"), None),
        ("conversions.won.google", acme.line_of("  won:"), None),
    }


def test_mistakes_between_keys_are_named_beside_those_within_keys(acme: Folder) -> None:
    acme.edit(
        ("country: FR", "country: France"),
        ("  won: {value: amount, meta: Converted", "  wonn: {value: amount, meta: Converted"),
        ("${META_TOKEN}", "${META_TOKEN_OF_ACME}"),
        ("flow: jwt", "flow: jwt\n      flow: jwt"),
    )

    found = {(one.key, one.suggestion) for one in acme.problems()}

    assert found == {
        ("country", None),
        ("conversions.wonn", "won"),
        ("destinations.meta.access_token", None),
        ("sources.crm.auth.flow", None),
    }


@pytest.mark.parametrize(
    ("old", "new", "key", "suggestion"),
    [
        ("funnel:", "funel:", "funel", "funnel"),
        ("type: salesforce", "type: saleforce", "sources.crm.type", "salesforce"),
        ("flow: jwt", "flow: jtw", "sources.crm.auth.flow", "jwt"),
        ("Lead.Status:", "Lead.status:", "sources.crm.stages.Lead.status", "Lead.Status"),
        ("{gclid: GCLID__c}", "{glcid: GCLID__c}", "sources.crm.fields.glcid", "gclid"),
        ("email: Email", "e_mail: Email", "sources.shops.columns.e_mail", "email"),
        ("{gclid: GCLID__c}", "{gclid: {Led: GCLID__c}}", "sources.crm.fields.gclid.Led", "Lead"),
        ("default: unspecified", "default: unspecifed", "consent.default", "unspecified"),
        ("opportunity, won]", "oportunity, won]", "funnel[2]", "opportunity"),
        ("  google:\n", "  gogle:\n", "destinations.gogle", "google"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_the_word_meant(
    acme: Folder, old: str, new: str, key: str, suggestion: str
) -> None:
    problem = acme.edit((old, new)).problem()

    assert (problem.key, problem.suggestion) == (key, suggestion)
    assert str(problem).endswith(f"did you mean {suggestion}?")


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("client: acme-solar", "client: Acme Solar", "client", "lower-case letters"),
        ("timezone: Europe/Paris", "timezone: Europe/Pari", "timezone", "such as Europe/Paris, got 'Europe/Pari'"),
        ("country: FR", "country: UK", "country", "such as GB, got 'UK'"),
        ("currency: EUR", "currency: euro", "currency", "such as EUR, got 'euro'"),
        ("domain: acme.my", "domain: acme.my.evil.example", "sources.crm.auth.domain", "acme--test.sandbox.my"),
        ("customer_id: 123-456-7890", "customer_id: 123-456", "destinations.google.customer_id", "ten digits"),
        ('"1234567890"', "act_1234567890", "destinations.meta.dataset_id", "dataset (pixel) id of digits"),
        ("value: 80", "value: -1", "conversions.qualified.value", "a number from 0 up"),
        ("value: 80", "value: nan", "conversions.qualified.value", "a number from 0 up"),
        ("value: 80", "value: [80]", "conversions.qualified.value", "got a list"),
        ("funnel: [lead, qualified, opportunity, won]", "funnel: lead", "funnel", "a list"),
        ("GCLID__c", "GCLID c", "sources.crm.fields.gclid", "API name of a Salesforce field"),
        ("amount: Total, ", "", "sources.shops.columns", "missing: amount"),
        ("  default: unspecified", "  default:", "consent.default", "granted, denied or unspecified, got nothing"),
        ("    customer_id: 123-456-7890\n", "", "destinations.google.customer_id", "got nothing"),
        ("    type: pos_files\n", "", "sources.shops.type", "hubspot or pos_files, got nothing"),
        ("{gclid: GCLID__c}", "{stage_raw: Rating}", "sources.crm.fields.stage_raw", "follow from the record"),
        ("{gclid: GCLID__c}", "{time_basis: Basis__c}", "sources.crm.fields.time_basis", "follow from the record"),
        ("email: Email", "record_id: Ticket", "sources.shops.columns.record_id", "follow from the record"),
        ("email: Email", "modified_at: Date", "sources.shops.columns.modified_at", "follow from the record"),
        ("path: data/*.csv", "path:\n    batch_rows: 0", "sources.shops.batch_rows", "from 1 to 1,000,000"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_answered_with_what_was_expected(
    acme: Folder, old: str, new: str, key: str, words: str
) -> None:
    problems = {one.key: str(one) for one in acme.edit((old, new)).problems()}

    assert words in problems[key]


@pytest.mark.parametrize(
    ("edits", "key", "words"),
    [
        ([("won]", "won, won]")], "funnel[4]", "each stage once"),
        ([(", meta: Qualified Lead, google: \"111111111\"", "")], "conversions.qualified", "meta (an event name)"),
        ([("value: amount, meta: Purchase", "meta: Purchase")], "conversions.purchase", "refuses a Purchase without"),
        (
            [("  google:\n    customer_id: 123-456-7890\n    credentials: google.json\n", ""),
             ("google: \"111111111\"", "currency: EUR")],
            "conversions.won.google", "destinations.google is missing",
        ),
        ([("Proposal: opportunity, ", "")], "funnel[2]", "a source yields"),
        ([("  crm:\n", "  meta:\n")], "sources.meta", "a name that no destination has, got 'meta'"),
        ([("  shops:\n", "  google:\n")], "sources.google", "a name that no destination has, got 'google'"),
        (
            [("{gclid: GCLID__c}", "{entered_at: Date__c}")],
            "sources.crm.fields.entered_at", "which follows from the record",
        ),
        (
            [("consent:\n", "retention: {history_days: 150}\nconsent:\n")],
            "retention.history_days", "180 days or more, as identity.keep_days is, got 150",
        ),
        (
            [("consent:\n", "identity: {keep_days: 500}\nconsent:\n")],
            "identity.keep_days", "400 days or fewer, as retention.history_days is, got 500",
        ),
    ],
)  # fmt: skip
def test_keys_that_contradict_each_other_are_a_mistake(
    acme: Folder, edits: list[tuple[str, str]], key: str, words: str
) -> None:
    problem = acme.edit(*edits).problem()

    assert problem.key == key
    assert words in str(problem)


def test_history_may_be_shorter_than_a_map_that_is_not_kept(acme: Folder) -> None:
    acme.edit(("consent:\n", "retention: {history_days: 120}\nidentity: {stitch: false}\nconsent:\n"))

    assert load_client(acme.client).settings.retention.history_days == 120


def test_a_column_that_follows_from_the_record_is_named_where_it_is_mapped(acme: Folder) -> None:
    acme.edit(
        ("    fields: {gclid: GCLID__c}", "    fields:\n      gclid: GCLID__c\n      entered_at: Date__c"),
        ("amount: Total, email: Email}", "amount: Total,\n      stage: Kind}"),
    )

    assert {(one.key, one.line) for one in acme.problems()} == {
        ("sources.crm.fields.entered_at", acme.line_of("Date__c")),
        ("sources.shops.columns.stage", acme.line_of("Kind")),
    }


def test_no_destination_at_all_is_a_mistake(acme: Folder) -> None:
    text = acme.client.read_text()
    start, end = text.index("destinations:"), text.index("conversions:")
    acme.client.write_text(f"{text[:start]}destinations: {{}}\n{text[end:]}")

    assert "destinations" in {one.key for one in acme.problems()}


def test_what_only_follows_from_a_mistake_is_not_named_as_another(acme: Folder) -> None:
    acme.edit(("type: salesforce", "type: sales_force"))

    assert acme.problem().key == "sources.crm.type"


def test_client_credentials_need_the_org_s_own_domain(acme: Folder) -> None:
    acme.edit(
        ("flow: jwt", "flow: client_credentials"),
        ("domain: acme.my", "domain: login"),
        ("      username: sync@acme.example\n", ""),
        ("private_key_file: sf.pem", "consumer_secret: ${SF_KEY}"),
    )

    problem = acme.problem()

    assert problem.key == "sources.crm.auth.domain"
    assert "own My Domain" in problem.expected


def test_plain_http_is_for_this_machine_only(acme: Folder) -> None:
    loopback = acme.edit(("dataset_id:", "endpoint: http://127.0.0.1:8080/\n    dataset_id:"))
    meta = load_client(loopback.client).settings.destinations.meta
    assert meta is not None and meta.endpoint == "http://127.0.0.1:8080"

    problem = acme.edit(("http://127.0.0.1:8080/", "http://graph.example.com")).problem()
    assert problem.key == "destinations.meta.endpoint"
    assert "https://" in problem.expected


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1@evil.example", "http://127.0.0.1.evil.example", "https://", "ftp://x.example"],
)
def test_an_address_that_only_looks_safe_is_refused(acme: Folder, address: str) -> None:
    acme.edit(("dataset_id:", f"endpoint: {address}\n    dataset_id:"))

    assert acme.problem().key == "destinations.meta.endpoint"


def test_key_files_must_be_there_unless_only_the_text_is_checked(acme: Folder) -> None:
    (acme.path / "sf.pem").unlink()
    (acme.path / "google.json").unlink()
    (acme.path / "google.json").mkdir()

    assert {one.key: one.got for one in acme.problems()} == {
        "sources.crm.auth.private_key_file": "'sf.pem'",
        "destinations.google.credentials": "'google.json'",
    }
    assert load_client(acme.client, check_files=False).settings.client == "acme-solar"


def test_settings_made_by_hand_must_agree_as_well() -> None:
    shop = PosFilesSettings.model_validate(
        {"type": "pos_files", "path": "x.csv", "columns": {"order_id": "a", "entered_at": "b", "amount": "c"}}
    )

    with pytest.raises(ValidationError, match=r"conversions\.won: expected a stage that a source yields"):
        ClientSettings.model_validate(
            {
                "client": "shop",
                "timezone": "Europe/Paris",
                "country": "FR",
                "sources": {"till": shop},
                "destinations": {"meta": {"dataset_id": "1234567890", "access_token": "invented"}},
                "conversions": {"won": {"value": "amount", "meta": "Converted"}},
            }
        )
