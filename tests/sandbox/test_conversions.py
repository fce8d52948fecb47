"""What a conversion action makes of click ids: which of them count, for how long, and what matched by which."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from closedwon.sandbox.conversions import ConversionAction
from closedwon.sandbox.google.rules import Event
from closedwon.sandbox.google.user_data import Identifiers
from closedwon.sandbox.truth import GoogleTruth
from tests.sandbox.ad_world import GBRAID, GCLID, NOW, OLD_GCLID, STRANGER, WBRAID, ad_world, sha256

ZOES_EMAIL = sha256("zoedaubignyinvented1@gmail.com")
UNKNOWN_CLICK = "x" * 40


def sold(value: float, transaction_id: str = "t1", emails: tuple[str, ...] = (), **clicks: str) -> Event:
    identifiers = Identifiers(clicks, list(emails), [], [])
    return Event(transaction_id, NOW - timedelta(hours=1), value, "EUR", identifiers, False, frozenset())


def processed(
    emails: tuple[str, ...] = (), days_ago: float = 0, **clicks: str
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """The errors and the counted conversions of one event with these identifiers."""
    action = ConversionAction(GoogleTruth(ad_world()))
    identifiers = Identifiers(clicks, list(emails), [], [])
    time = NOW - timedelta(days=days_ago)
    errors = action.process([Event("t1", time, 80.0, "EUR", identifiers, False, frozenset())], NOW)
    return errors, list(action.conversions())


@pytest.mark.parametrize(
    ("clicks", "emails", "expected"),
    [
        ({"gclid": GCLID}, (), ["gclid"]),
        ({"gbraid": GBRAID}, (), ["gbraid"]),
        ({"wbraid": WBRAID}, (), ["wbraid"]),
        ({"gclid": GCLID, "gbraid": GBRAID}, (), ["gclid", "gbraid"]),
        ({"gclid": GCLID}, (sha256(STRANGER.email), ZOES_EMAIL), ["gclid", "email[1]"]),
        ({"gclid": UNKNOWN_CLICK}, (ZOES_EMAIL,), ["email[0]"]),
        ({"gclid": OLD_GCLID}, (ZOES_EMAIL,), ["email[0]"]),
        ({}, (sha256(STRANGER.email),), []),
    ],
)
def test_a_conversion_says_by_what_it_matched(
    clicks: dict[str, str], emails: tuple[str, ...], expected: list[str]
) -> None:
    errors, (conversion,) = processed(emails, **clicks)
    assert not errors
    assert conversion["matched_by"] == expected
    assert conversion["matched"] is bool(expected)


@pytest.mark.parametrize(
    ("clicks", "days_ago", "reason"),
    [
        ({"gbraid": GBRAID, "wbraid": WBRAID}, 0, "INVALID_AD_IDENTIFIERS"),
        ({"gclid": GCLID, "gbraid": GBRAID, "wbraid": WBRAID}, 0, "INVALID_AD_IDENTIFIERS"),
        ({"wbraid": "(not set)"}, 0, "INVALID_WBRAID"),
        ({"gbraid": "short"}, 0, "INVALID_GBRAID"),
        ({"wbraid": GBRAID}, 0, "CLICK_NOT_FOUND"),
        ({"wbraid": WBRAID}, 4, "CONVERSION_PRECEDES_CLICK"),
        ({"gclid": OLD_GCLID}, 0, "INVALID_CLICK"),
    ],
)
def test_click_ids_that_cannot_count_are_dropped_with_their_reason(
    clicks: dict[str, str], days_ago: float, reason: str
) -> None:
    errors, conversions = processed(days_ago=days_ago, **clicks)
    assert errors == {f"PROCESSING_ERROR_REASON_{reason}": 1}
    assert conversions == []


def test_a_click_counts_for_ninety_days() -> None:
    _, (conversion,) = processed(days_ago=10.001, gclid=OLD_GCLID)
    assert conversion["matched_by"] == ["gclid"]


def after(*events: Event, days: float = 0) -> list[tuple[float, bool, int]]:
    """Value, match and restatements of what is counted when the events arrive one by one, the last ``days`` later."""
    action = ConversionAction(GoogleTruth(ad_world()))
    for event in events[:-1]:
        action.process([event], NOW)
    action.process([events[-1]], NOW + timedelta(days=days))
    return [(one["value"], one["matched"], one["restated"]) for one in action.conversions()]


def test_a_known_transaction_takes_the_new_value_and_stays_one_conversion() -> None:
    assert after(sold(80, gclid=GCLID), sold(50, gclid=GCLID), days=53) == [(50, True, 1)]


def test_an_adjustment_of_an_unknown_transaction_is_a_new_conversion() -> None:
    assert after(sold(80, gclid=GCLID), sold(50, "t2", gclid=GCLID)) == [(80, True, 0), (50, True, 0)]


def test_after_54_days_a_conversion_can_no_longer_be_adjusted() -> None:
    assert after(sold(80, gclid=GCLID), sold(50, gclid=GCLID), days=54) == [(80, True, 0), (50, True, 0)]


def test_user_data_is_added_to_a_conversion_that_came_without_any() -> None:
    assert after(sold(80), sold(80, emails=(ZOES_EMAIL,))) == [(80, True, 0)]


def test_user_data_that_came_first_stays() -> None:
    assert after(sold(80, emails=(sha256(STRANGER.email),)), sold(80, emails=(ZOES_EMAIL,))) == [
        (80, False, 0)
    ]


def test_a_request_that_fails_altogether_counts_nothing() -> None:
    action = ConversionAction(GoogleTruth(ad_world()))
    errors = action.fail(3, "INTERNAL_ERROR")
    report = action.report()
    assert errors == report["errors"] == {"PROCESSING_ERROR_REASON_INTERNAL_ERROR": 3}
    assert (report["received"], report["counted"]) == (3, 0)
