"""Only a yes is a yes: known words are read in several languages, and a word that nobody knows is a refusal."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from closedwon.pipeline.judging.consent import (
    BY_CLIENT,
    BY_DEFAULT,
    BY_PERSON,
    DENIED,
    GRANTED,
    OF_FIELD,
    UNKNOWN_COUNTRY,
    UNREADABLE,
    read_consent,
    read_refusals,
    without_consent,
)
from closedwon.pipeline.judging.gates import judge
from closedwon.pipeline.judging.meanings import MEANING
from config.regions import EEA, EU, region_of_countries
from config.settings import ClientSettings, ConsentSettings
from tests.pipeline.client import NOW, entries, settings, told
from tests.pipeline.shop import BOUGHT, EMAIL, GCLID, PHONE, Shop, lead, purchase

REGIONS = {"EEA": "denied", "GB": "unspecified", "US": "granted"}


def read(
    word: str | None, default: str = "unspecified", personalization: str | None = None
) -> tuple[str, str]:
    frame = entries({"ad_user_data": word, "ad_personalization": personalization})
    ((*row, _),) = read_consent(frame, client(default=default)).rows()
    return row[0], row[1]


def client(**consent: Any) -> ClientSettings:
    country = consent.pop("country", "FR")
    rules = {"won": {"value": 1, "meta": "Won", "google": "1"}}
    return settings(rules, country=country, consent=consent)


def proof(row: dict[str, Any], **consent: Any) -> str:
    """What a row was judged under, and why."""
    (text,) = read_consent(entries(row), client(**consent))["consent"]
    return str(text)


def reason(row: dict[str, Any], **consent: Any) -> str | None:
    """The gate that stops a row, if any does."""
    conversions = told(client(**consent), entries(row)).with_columns(
        sent_before_merge=pl.lit(value=False), time_known=pl.lit(value=True), kept=pl.lit(1.0)
    )
    never = pl.lit(NOW + timedelta(days=1))
    judged = judge(conversions, platform_gates=(), expires_at=never, needs_value=pl.lit(value=False), now=NOW)
    found: str | None = judged["reason"].item()
    return found


def written(word: str) -> list[str]:
    return [word, word.upper(), word.capitalize(), f"  {word}\t"]


@pytest.mark.parametrize("word", GRANTED)
def test_a_yes_is_granted_however_it_is_written(word: str) -> None:
    assert {read(one)[0] for one in written(word)} == {"granted"}


@pytest.mark.parametrize("word", DENIED)
def test_a_no_is_denied_however_it_is_written(word: str) -> None:
    assert {read(one, default="granted")[0] for one in written(word)} == {"denied"}


def test_no_word_means_both() -> None:
    assert not set(GRANTED) & set(DENIED)


@pytest.mark.parametrize("blank", [None, "", "   "])
@pytest.mark.parametrize("default", ["granted", "denied", "unspecified"])
def test_a_blank_is_what_the_client_says_it_is(blank: str | None, default: str) -> None:
    assert read(blank, default) == (default, default)


@pytest.mark.parametrize("word", ["pending", "2", "yes?", "not yes", "unknown", "n/a", "null", "nan"])
def test_a_word_that_nobody_knows_is_a_refusal(word: str) -> None:
    assert read(word, default="granted")[0] == "denied"


@given(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1))
def test_nothing_but_a_known_yes_is_ever_granted(word: str) -> None:
    assert read(word, default="granted")[0] == ("granted" if word.lower() in GRANTED else "denied")


def test_each_consent_is_read_for_itself() -> None:
    assert read("yes", personalization="no") == ("granted", "denied")
    assert read("no", personalization="yes") == ("denied", "granted")


@pytest.mark.parametrize(
    ("country", "answer", "origin"),
    [
        ("FR", "denied", "region:EEA"),
        ("Deutschland", "denied", "region:EEA"),
        (" norway ", "denied", "region:EEA"),
        ("La Réunion", "denied", "region:EEA"),
        ("UK", "unspecified", "region:GB"),
        ("U.S.A.", "granted", "region:US"),
        ("Switzerland", "granted", "default"),
        (None, "granted", "client:US"),
        ("  ", "granted", "client:US"),
        ("n/a", "granted", "client:US"),
        ("Atlantis", "denied", "country:unknown"),
    ],
)
def test_silence_is_what_the_client_says_of_the_persons_region(
    country: str | None, answer: str, origin: str
) -> None:
    said = proof({"country": country}, default="granted", regions=REGIONS, country="US")
    assert said == f"ad_user_data={answer}({origin}) ad_personalization={answer}({origin})"


def test_a_client_in_no_region_has_its_default() -> None:
    assert "ad_user_data=unspecified(default)" in proof({}, regions=REGIONS, country="CH")


@pytest.mark.parametrize(
    ("word", "said"), [("yes", "granted(field)"), ("no", "denied(field)"), ("maybe", "denied(unreadable)")]
)
@pytest.mark.parametrize("country", ["FR", "US", "Atlantis"])
def test_a_records_own_word_wins_over_any_region(word: str, said: str, country: str) -> None:
    found = proof({"ad_user_data": word, "country": country}, regions=REGIONS)
    assert found.startswith(f"ad_user_data={said} ad_personalization=")


def test_the_narrowest_region_holds() -> None:
    regions = {"EU": "denied", "FR": "granted", "EEA": "unspecified"}
    for country, origin in {"FR": "region:FR", "DE": "region:EU", "IS": "region:EEA"}.items():
        assert f"({origin})" in proof({"country": country}, regions=regions)


def test_the_members_of_the_regions_are_those_of_the_treaties() -> None:
    assert {"IS", "LI", "NO"} == EEA - EU
    assert len([code for code in EU if code not in {"AX", "GF", "GP", "MF", "MQ", "RE", "YT"}]) == 27
    assert not EEA & {"GB", "CH", "US", "TR"}
    assert region_of_countries(["EEA"]).keys() == EEA


@given(st.text(), st.sampled_from(["granted", "denied", "unspecified"]))
def test_a_country_never_widens_a_consent_beyond_what_the_client_says(country: str, default: str) -> None:
    found = proof({"country": country}, default=default, regions={"EEA": "denied"}, country="CH")
    assert found.startswith((f"ad_user_data={default}(", "ad_user_data=denied("))


def test_without_consent_nothing_leaves() -> None:
    assert reason({}) == "consent_missing"
    assert reason({"ad_personalization": "yes"}) == "consent_missing"
    assert reason({"ad_user_data": "no"}) == "consent_denied"
    assert reason({"country": "GB"}, regions=REGIONS) == "consent_missing"
    assert reason({"country": "FR"}, regions=REGIONS) == "consent_denied"


def test_the_reason_says_what_to_write() -> None:
    assert "consent.fields" in MEANING["consent_missing"]
    assert "consent: {default: granted}" in MEANING["consent_missing"]


def test_a_record_a_region_or_the_default_can_consent() -> None:
    assert reason({"ad_user_data": "yes"}) is None
    assert reason({"country": "US"}, regions=REGIONS) is None
    assert reason({}, default="granted") is None


def test_a_client_may_ask_for_what_nobody_consented_to() -> None:
    assert reason({}, unspecified="send") is None
    assert reason({"ad_user_data": "no"}, unspecified="send") == "consent_denied"
    assert reason({}, unspecified="send", default="denied") == "consent_denied"


@pytest.mark.parametrize(
    ("row", "consent", "refused", "kept_back"),
    [
        ({"ad_user_data": "no"}, {"default": "granted"}, True, False),
        ({"ad_user_data": "maybe"}, {"default": "granted"}, True, False),
        ({"ad_personalization": "no"}, {"default": "granted"}, True, False),
        ({}, {"default": "denied"}, False, True),
        ({"ad_user_data": "yes"}, {"default": "denied"}, False, True),
        ({"country": "FR"}, {"default": "granted", "regions": REGIONS}, False, True),
        ({"country": "Atlantis"}, {"default": "granted", "regions": REGIONS}, False, True),
        ({}, {}, False, True),
        ({}, {"unspecified": "send"}, False, False),
        ({"ad_user_data": "yes"}, {}, False, False),
        ({}, {"default": "granted"}, False, False),
    ],
)
def test_only_a_records_own_word_is_its_persons_refusal(
    row: dict[str, Any], consent: dict[str, Any], refused: bool, kept_back: bool
) -> None:
    assert read_refusals(entries(row), client(**consent)).rows() == [(refused, kept_back)]


SILENT = {
    "default": {"default": "denied"},
    "region": {"regions": {"EEA": "denied"}},
    "nobody": {},
}
"""What keeps a record of a French client back that has no word of its own."""


@pytest.fixture(params=SILENT.values(), ids=SILENT)
def strict(acme: Shop, request: pytest.FixtureRequest) -> Shop:
    """A shop whose file lets nothing of a silent record leave."""
    acme.settings = with_consent(acme.settings, **request.param)
    return acme


def with_consent(settings: ClientSettings, **consent: Any) -> ClientSettings:
    return ClientSettings.model_validate(settings.model_dump() | {"consent": consent})


YES = {"ad_user_data": "yes", "ad_personalization": "yes"}


def test_a_silent_purchase_leaves_what_a_consenting_lead_lends(strict: Shop) -> None:
    strict.leads(lead(email=EMAIL, gclid=GCLID, **YES))
    strict.sales(purchase("T1", email=EMAIL))
    strict.sales(purchase("T2", email=EMAIL, **YES))
    assert strict.state("T1", "google") in {("skipped", "consent_denied"), ("skipped", "consent_missing")}
    assert strict.sent("T2")["gclid"] == GCLID


def test_a_silent_purchase_leaves_what_a_lead_lends_within_its_own_batch(strict: Shop) -> None:
    strict.leads(lead(email=EMAIL, gclid=GCLID, **YES))
    strict.sales(purchase("T1", email=EMAIL), purchase("T2", email=EMAIL, **YES))
    assert strict.sent("T2")["gclid"] == GCLID


def test_a_silent_record_lends_nothing(strict: Shop) -> None:
    strict.leads(lead(email=EMAIL, phone=PHONE, gclid=GCLID))
    strict.sales(purchase(email=EMAIL, **YES))
    assert strict.sent("T1").keys() == {"em", "email_address"}
    assert not [row for row in strict.rows("identities") if GCLID in (row["found"] or "")]


def test_what_waits_gives_back_what_a_record_lent_before_it_was_kept_back(strict: Shop) -> None:
    strict.leads(lead(email=EMAIL, phone=PHONE, gclid=GCLID, **YES))
    strict.sales(purchase(email=EMAIL, **YES))
    assert strict.sent("T1")["gclid"] == GCLID
    strict.leads(lead(email=EMAIL, phone=PHONE, gclid=GCLID))
    assert strict.sent("T1").keys() == {"em", "email_address"}
    assert strict.held() == []


def test_a_silent_record_that_consents_again_lends_again(strict: Shop) -> None:
    for consent in (YES, {}, YES):
        strict.leads(lead(email=EMAIL, gclid=GCLID, **consent))
    strict.sales(purchase(email=EMAIL, **YES))
    assert strict.state("T1", "google") == ("queued", None)
    assert len(strict.held()) == 1


def test_a_persons_own_refusal_still_holds_for_all_their_records(strict: Shop) -> None:
    strict.leads(lead(email=EMAIL, gclid=GCLID, **YES))
    strict.sales(purchase("T1", email=EMAIL, ad_user_data="no"))
    strict.sales(purchase("T2", email=EMAIL, **YES))
    assert "gclid" not in strict.sent("T2")


def test_an_address_that_many_silent_people_share_is_still_nobodys_own(strict: Shop) -> None:
    strict.sales(*(purchase(f"X{n}", email=EMAIL, phone=f"+336223456{n:02d}") for n in range(12)))
    strict.leads(lead(email=EMAIL, gclid=GCLID, **YES))
    strict.sales(purchase("T1", email=EMAIL, **YES))
    assert "gclid" not in strict.sent("T1")


def test_every_conversion_says_what_it_was_judged_under() -> None:
    row = {"ad_user_data": "yes", "ad_personalization": "vielleicht"}
    (said,) = told(client(), entries(row))["consent"]
    assert said == "ad_user_data=granted(field) ad_personalization=denied(unreadable)"


def test_the_ledger_proves_what_each_delivery_was_judged_under(acme: Shop) -> None:
    acme.settings = with_consent(acme.settings, regions={"EEA": "denied"})
    acme.leads(
        lead("L1", BOUGHT, email=EMAIL, ad_user_data="yes", ad_personalization="yes"),
        lead("L2", BOUGHT, email=EMAIL),
    )
    kept = {(row["state"], row["reason"], row["consent"]) for row in acme.rows("deliveries")}
    assert kept == {
        ("queued", None, "ad_user_data=granted(field) ad_personalization=granted(field)"),
        (
            "skipped",
            "consent_denied",
            "ad_user_data=denied(client:EEA) ad_personalization=denied(client:EEA)",
        ),
    }


@pytest.mark.parametrize(
    ("consent", "column"),
    [
        ({"fields": {"ad_user_data": "Marketing_Consent__c"}}, None),
        ({"default": "granted"}, None),
        ({"regions": REGIONS}, None),
        ({"unspecified": "send"}, None),
        ({}, "ad_user_data"),
    ],
)
def test_a_source_whose_people_can_have_agreed_is_not_warned_of(
    consent: dict[str, Any], column: str | None
) -> None:
    assert not silent_sources(consent, column)


@pytest.mark.parametrize(
    ("consent", "column"),
    [
        ({}, None),
        ({}, "ad_personalization"),
        ({"default": "denied"}, None),
        ({"fields": {"ad_personalization": "Marketing_Consent__c"}}, None),
        ({"regions": {"EEA": "denied"}}, None),
        ({"unspecified": "send", "default": "denied"}, None),
    ],
)
def test_a_source_of_which_nothing_can_be_sent_is_named(consent: dict[str, Any], column: str | None) -> None:
    assert silent_sources(consent, column) == ["crm"]


def silent_sources(consent: dict[str, Any], column: str | None) -> list[str]:
    crm = client().sources["crm"].model_dump()
    crm["fields"] = {column: "Marketing_Consent__c"} if column else {}
    rules = {"won": {"value": 1, "meta": "Won"}}
    return without_consent(settings(rules, sources={"crm": crm}, consent=consent))


def test_the_page_tells_every_setting_and_every_origin() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "consent.md").read_text(encoding="utf-8")
    example, *_ = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    given = yaml.safe_load(example)["consent"]
    assert given.keys() == ConsentSettings.model_fields.keys()
    assert client(**given).consent.unspecified == "withhold"
    for origin in (OF_FIELD, UNREADABLE, f"{BY_PERSON}:EEA", f"{BY_CLIENT}:EEA", UNKNOWN_COUNTRY, BY_DEFAULT):
        assert f"| `{origin}` |" in page
    for reason in ("consent_denied", "consent_missing", "no_personalization_consent"):
        assert f"`{reason}`" in page
        assert reason in MEANING
