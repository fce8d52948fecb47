"""Each requirement is measured on the client's own rows, and says how the client stands to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.ledger import Ledger
from closedwon.readiness import evidence
from closedwon.readiness.actions import missing_actions
from closedwon.readiness.figures import Verdict
from closedwon.readiness.judging import Result, failed, readiness
from closedwon.readiness.platforms import NOT_ASKED, Account, Platforms, Unheard, asked
from closedwon.readiness.requirements import REQUIREMENTS, THIRD_PARTY
from config.settings import ClientSettings
from tests.readiness.client import (
    CUSTOMER,
    NOW,
    PLATFORMS,
    QUALIFIED,
    TRACKING,
    WON,
    Filled,
    action,
    settings,
)
from uploads.base import Check

PASS, WARN, FAIL = Verdict.PASS, Verdict.WARN, Verdict.FAIL


@pytest.fixture
def filled(ledger: Ledger, tmp_path: Path) -> Filled:
    return Filled(ledger, settings(tmp_path / "key.json"))


@pytest.fixture
def own(sqlite_url: str, tmp_path: Path) -> Iterator[Filled]:
    """The same on one database: what does not depend on it."""
    opened = Ledger(sqlite_url)
    yield Filled(opened, settings(tmp_path / "key.json"))
    opened.close()


def stored(filled: Filled) -> Filled:
    filled.store()
    return filled


def of(filled: Filled, name: str, subject: str = "", goal: str = "META_LEADS", **platforms: Any) -> Result:
    return filled.results(**platforms)[goal, name, subject]


def test_a_client_that_meets_everything_passes_everything(filled: Filled) -> None:
    filled.enter("lead", 300, meta={"identifiers": "em ph fbc lead_id"})
    both: dict[str, Any] = {
        "meta": {"identifiers": "em ph fbc lead_id"},
        "google": {"identifiers": "email phone gclid"},
    }
    filled.enter("qualified", 60, days_after_lead=2, **both)
    both["google"]["told_value"] = 900.0
    filled.enter("won", 20, days_after_lead=9, **both)
    filled.store()
    filled.request(80)
    results = filled.results()
    assert {key: one.verdict for key, one in results.items() if one.verdict is not PASS} == {}
    assert {goal for goal, _, _ in results} == {"META_LEADS", "GOOGLE_LEADS", "GOOGLE_VALUES"}


def test_an_empty_ledger_is_told_as_not_measured_and_never_as_a_pass(filled: Filled) -> None:
    results = stored(filled).results()
    measured = {name for (_, name, _), one in results.items() if one.figure.missing is None}
    assert results["META_LEADS", "leads_a_month", ""].verdict is FAIL
    assert {one.verdict for one in results.values() if one.figure.missing} == {WARN}
    assert {"stage_rate", "upload_delay", "email", "processed"} & measured == set()


def test_leads_count_for_thirty_days_in_each_window(own: Filled) -> None:
    own.enter("lead", 28)
    own.enter("lead", 62, days_ago=60)
    leads = of(stored(own), "leads_a_month")
    assert (leads.figure.recent, leads.figure.longer) == (30, 30)
    assert (leads.verdict, leads.threshold) == (FAIL, "200 or more")


@pytest.mark.parametrize(("stages", "verdict"), [(1, FAIL), (2, WARN), (3, PASS)])
def test_two_stages_are_needed_and_three_are_better(own: Filled, stages: int, verdict: Verdict) -> None:
    for stage in ("lead", "qualified", "won")[:stages]:
        own.enter(stage, meta={})
    assert of(stored(own), "stages_sent").verdict is verdict


def test_a_stage_that_was_not_accepted_is_not_sent(own: Filled) -> None:
    own.enter("lead", meta={"state": "rejected"})
    own.enter("qualified", meta={})
    assert of(stored(own), "raw_lead_sent").verdict is FAIL


@pytest.mark.parametrize(("qualified", "verdict"), [(0, WARN), (20, PASS), (80, PASS), (81, WARN)])
def test_a_stage_is_neither_too_rare_nor_too_common(own: Filled, qualified: int, verdict: Verdict) -> None:
    own.enter("lead", 200)
    own.enter("qualified", qualified)
    rate = of(stored(own), "stage_rate", "qualified")
    assert (rate.figure.recent, rate.verdict) == (qualified / 200, verdict)


def test_a_client_without_a_stage_to_optimise_for_fails(own: Filled) -> None:
    own.enter("lead", 100)
    own.enter("qualified", 90)
    own.enter("won", 10, days_after_lead=40)
    results = stored(own).results()
    assert results["META_LEADS", "days_to_stage", "won"].figure.recent == 40
    assert results["META_LEADS", "share_within_28_days", "won"].figure.recent == 0
    assert results["META_LEADS", "stage_to_optimise", ""].verdict is FAIL


def with_lost(path: Path, **lost: str) -> ClientSettings:
    """A client that tells Meta of leads that are lost, too."""
    plain = settings(path).model_dump(mode="json", exclude_defaults=True)
    plain["sources"]["crm"]["stages"]["contact.lifecyclestage"]["Junk"] = "lost"
    plain["sources"]["crm"]["auth"]["token"] = "invented"
    plain["destinations"]["meta"]["access_token"] = "invented-token"
    plain["conversions"]["lost"] = {"meta": "Lost", **lost}
    return settings(path, sources=plain["sources"], conversions=plain["conversions"])


def test_a_stage_at_which_leads_are_lost_is_none_to_optimise_for(own: Filled, tmp_path: Path) -> None:
    own.settings = with_lost(tmp_path / "key.json")
    own.enter("lead", 100)
    own.enter("lost", 30)
    results = stored(own).results()
    assert results["META_LEADS", "stage_to_optimise", ""].verdict is FAIL
    assert ("META_LEADS", "stage_rate", "lost") not in results


def test_a_stage_at_which_leads_are_lost_gets_an_action_only_where_it_is_asked_for(tmp_path: Path) -> None:
    client = with_lost(tmp_path / "key.json")
    missing = {one.stage: one.wanted.category for one in missing_actions(client, [])}
    assert missing == {"lead": "IMPORTED_LEAD", "qualified": "QUALIFIED_LEAD", "won": "CONVERTED_LEAD"}
    assert [one.stage for one in missing_actions(client, [], ["lost"])] == ["lost"]
    named = with_lost(tmp_path / "key.json", google="333333333")
    assert "lost" in {one.stage for one in missing_actions(named, [])}


def test_coverage_counts_what_was_skipped_for_naming_nothing_and_no_other(own: Filled) -> None:
    own.enter("qualified", 6, meta={"identifiers": "em"})
    own.enter(
        "qualified",
        2,
        meta={"identifiers": "", "state": "skipped", "reason": "too_little_customer_information"},
    )
    own.enter("qualified", 8, meta={"identifiers": "", "state": "skipped", "reason": "consent_denied"})
    assert of(stored(own), "email").figure.recent == 6 / 8
    assert of(own, "lead_id").verdict is WARN


def test_a_lead_is_covered_once_meta_has_it_with_something_strong(own: Filled) -> None:
    own.enter("lead", 5, meta={"identifiers": "em"})
    own.enter("lead", 3, meta={"identifiers": "ph ct"})
    own.enter("lead", 2, meta={"state": "rejected"})
    assert of(stored(own), "lead_coverage").figure.recent == 0.5


def test_delays_and_windows_are_those_since_the_first_run(own: Filled) -> None:
    own.began = NOW - timedelta(days=10)
    own.enter("lead", 10, days_ago=20, meta={"state": "skipped", "reason": "too_old"})
    own.enter("lead", 3, days_ago=5, meta={})
    own.enter("lead", 1, days_ago=9, meta={"state": "expired", "accepted_at": None})
    window, delay = of(stored(own), "inside_window"), of(own, "upload_delay")
    assert (window.figure.recent, window.verdict) == (0.75, WARN)
    assert (delay.figure.recent, delay.recent, delay.verdict) == (1, "1 h", PASS)


def test_a_ledger_that_began_today_says_nothing_of_delays(own: Filled) -> None:
    own.began = NOW
    own.enter("lead", 10, meta={})
    delay = of(stored(own), "upload_delay")
    assert (delay.recent, delay.verdict) == ("not measured", WARN)
    assert "since the first run" in (delay.figure.missing or "")


def test_values_that_are_all_alike_teach_a_bidder_nothing(own: Filled) -> None:
    own.enter("qualified", 10, google={})
    assert of(stored(own), "values_vary", goal="GOOGLE_VALUES").verdict is FAIL


def test_values_that_rarely_differ_are_warned_of(own: Filled) -> None:
    own.enter("qualified", 19, google={})
    own.enter("won", 1, google={"told_value": 900.0})
    vary = of(stored(own), "values_vary", goal="GOOGLE_VALUES")
    assert (round(vary.figure.recent or 0, 2), vary.verdict) == (0.05, WARN)


def test_a_value_without_a_currency_is_missed(own: Filled) -> None:
    own.enter("won", 3, google={})
    lacks = {"currency": None, "told_currency": None, "state": "skipped", "reason": "currency_missing"}
    own.enter("won", 1, google=lacks)
    currency = of(stored(own), "currency", goal="GOOGLE_VALUES")
    assert (currency.figure.recent, currency.verdict) == (0.75, WARN)


def test_what_google_counted_is_held_against_what_the_clients_file_asks(own: Filled) -> None:
    own.store()
    own.request(100, failed='{"INVALID_GCLID": 20, "CLICK_NOT_FOUND": 60, "DUPLICATE_TRANSACTION_ID": 5}')
    processed, matched = (of(own, name, goal="GOOGLE_LEADS") for name in ("processed", "matched"))
    assert (processed.figure.recent, processed.verdict, processed.threshold) == (0.8, WARN, "90% or more")
    assert (matched.figure.recent, matched.verdict, matched.threshold) == (0.4, WARN, "50% or more")


def test_an_api_that_answers_at_once_is_held_to_its_answers(own: Filled, tmp_path: Path) -> None:
    google = {"via": "google_ads", "customer_id": CUSTOMER, "credentials": tmp_path / "key.json"}
    meta = {"dataset_id": "1234567890", "access_token": "invented-token"}
    own.settings = settings(tmp_path / "key.json", destinations={"meta": meta, "google": google})
    own.enter("won", 4, google={})
    own.enter("won", 4, google={"state": "rejected", "reason": "CLICK_NOT_FOUND"})
    own.enter("won", 2, google={"state": "rejected", "reason": "UNPARSEABLE_GCLID"})
    own.store()
    assert of(own, "processed", goal="GOOGLE_LEADS").figure.recent == 0.8
    assert of(own, "matched", goal="GOOGLE_LEADS").figure.recent == 0.6


ACTION_FAULTS = [
    ("action_owner", {"owner": "9999999999"}, FAIL),
    ("action_type", {"type": "WEBPAGE"}, FAIL),
    ("action_enabled", {"status": "HIDDEN"}, FAIL),
    ("action_category", {"category": "PAGE_VIEW"}, WARN),
    ("action_counting", {"counting_type": "ONE_PER_CLICK"}, FAIL),
]


@pytest.mark.parametrize(("name", "changes", "verdict"), ACTION_FAULTS)
def test_a_conversion_action_that_cannot_count_is_found(
    own: Filled, name: str, changes: dict[str, Any], verdict: Verdict
) -> None:
    own.enter("won", google={"identifiers": "wbraid"})
    account = Account(TRACKING, {QUALIFIED: action(QUALIFIED), WON: replace(action(WON), **changes)})
    results = stored(own).results(account=account)
    assert results["GOOGLE_LEADS", name, "won"].verdict is verdict
    assert results["GOOGLE_LEADS", name, "qualified"].verdict is PASS


def test_an_action_that_counts_once_a_click_is_fine_where_no_braid_came(own: Filled) -> None:
    own.enter("won", google={"identifiers": "gclid"})
    account = Account(TRACKING, {WON: replace(action(WON), counting_type="ONE_PER_CLICK")})
    assert of(stored(own), "action_counting", "won", "GOOGLE_LEADS", account=account).verdict is PASS


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("default_value_off", {"always_use_default_value": True}),
        ("primary_for_goal", {"primary_for_goal": False}),
    ],
)
def test_an_action_that_no_bidder_learns_from_is_found(
    own: Filled, name: str, changes: dict[str, Any]
) -> None:
    account = Account(TRACKING, {WON: replace(action(WON), **changes)})
    assert of(stored(own), name, "won", "GOOGLE_VALUES", account=account).verdict is not PASS


def test_a_stage_whose_action_does_not_exist_fails_once(own: Filled) -> None:
    results = stored(own).results(account=Account(TRACKING, {WON: action(WON)}))
    assert results["GOOGLE_LEADS", "action_exists", "qualified"].verdict is FAIL
    assert QUALIFIED in (results["GOOGLE_LEADS", "action_type", "qualified"].figure.missing or "")
    assert results["GOOGLE_LEADS", "action_type", "qualified"].verdict is WARN


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("conversion_customer", {"owner": "9999999999"}),
        ("terms_accepted", {"terms_accepted": False}),
        ("enhanced_conversions_on", {"enhanced_conversions": "OFF"}),
    ],
)
def test_an_account_that_takes_no_leads_is_found(own: Filled, name: str, changes: dict[str, Any]) -> None:
    account = Account(replace(TRACKING, **changes), {})
    assert of(stored(own), name, goal="GOOGLE_LEADS", account=account).verdict is FAIL


def test_an_account_without_conversions_has_no_other_that_manages_them(own: Filled) -> None:
    owned = of(
        stored(own),
        "conversion_customer",
        goal="GOOGLE_LEADS",
        account=Account(replace(TRACKING, owner=None), {}),
    )
    assert (owned.verdict, owned.recent) == (PASS, "none yet")


def test_an_account_that_cannot_be_read_is_no_failure(own: Filled) -> None:
    results = stored(own).results(account=Unheard("no access"))
    about_it = [one for (goal, _, _), one in results.items() if goal == "GOOGLE_LEADS"]
    assert results["GOOGLE_LEADS", "account_readable", ""].figure.missing == "no access"
    assert not failed(about_it)


def test_a_dataset_that_cannot_be_seen_fails_with_metas_words(own: Filled) -> None:
    dataset = Check("dataset", ok=False, message="190: make a new token")
    reached = of(stored(own), "dataset_reachable", dataset=dataset)
    assert (reached.verdict, reached.recent) == (FAIL, "190: make a new token")


def test_a_goal_of_a_platform_that_the_file_does_not_name_is_left_out(own: Filled, tmp_path: Path) -> None:
    meta = {"dataset_id": "1234567890", "access_token": "invented-token"}
    told = {"lead": {"meta": "Raw Lead"}, "qualified": {"meta": "Qualified Lead"}}
    own.settings = settings(tmp_path / "key.json", destinations={"meta": meta}, conversions=told)
    assert {goal for goal, _, _ in stored(own).results(account=None)} == {"META_LEADS"}


def test_another_clients_rows_are_not_looked_at(own: Filled) -> None:
    own.enter("lead", 250, meta={})
    own.store()
    other = own.settings.model_copy(update={"client": "other"})
    (leads,) = [
        one for one in readiness(other, own.ledger, NOW, PLATFORMS) if one.requirement.name == "leads_a_month"
    ]
    assert leads.figure.recent == 0


def test_a_large_ledger_is_measured_by_a_sample(own: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    own.enter("lead", 4_000, meta={"identifiers": "em"})
    own.enter("qualified", 1_000, meta={"identifiers": "lead_id"}, days_after_lead=1)
    whole = stored(own).results()
    monkeypatch.setattr(evidence, "SAMPLE", 500)
    looked_at = evidence.history(own.ledger, own.settings, NOW).longer
    assert 400 < looked_at.entries.height < 600
    assert looked_at.deliveries.height == looked_at.entries.height
    sample = own.results()
    for name, subject in (("leads_a_month", ""), ("stage_rate", "qualified"), ("email", "")):
        key = "META_LEADS", name, subject
        assert sample[key].figure.recent == pytest.approx(whole[key].figure.recent, rel=0.15)


def test_who_was_not_asked_is_not_said_to_be_unreadable(own: Filled) -> None:
    results = stored(own).results(account=NOT_ASKED, quality=NOT_ASKED)
    assert results["GOOGLE_LEADS", "action_exists", "won"].figure.missing == NOT_ASKED.why


def test_who_does_not_answer_is_reported_with_the_reason(own: Filled, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    (tmp_path / "key.json").write_text("{}")
    destinations = {
        "meta": {"dataset_id": "1234567890", "access_token": "invented", "endpoint": nobody},
        "google": {"customer_id": CUSTOMER, "credentials": tmp_path / "key.json", "ads_endpoint": nobody},
    }
    heard: Platforms = asked(settings(tmp_path / "key.json", destinations=destinations), sleep=lambda _: None)
    assert isinstance(heard.account, Unheard) and "which conversions do not need" in heard.account.why
    assert isinstance(heard.quality, Unheard)
    assert heard.dataset is not None and not heard.dataset.ok


def test_every_requirement_has_a_name_a_source_and_a_next_step() -> None:
    names = [(one.goal, one.name) for one in REQUIREMENTS]
    assert len(set(names)) == len(names)
    for one in REQUIREMENTS:
        assert one.source == THIRD_PARTY or one.source.startswith("https://developers."), one.name
        assert one.says and one.next_step and not one.next_step.endswith("."), one.name


def test_what_only_others_report_never_fails_by_a_little() -> None:
    for one in REQUIREMENTS:
        if one.source == THIRD_PARTY and not callable(one.threshold):
            assert one.threshold.otherwise is WARN, one.name
