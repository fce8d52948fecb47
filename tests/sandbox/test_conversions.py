"""What a conversion action makes of click ids: which of them count, for how long, and what matched by which."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from closedwon.sandbox.conversions import ConversionAction
from closedwon.sandbox.google.rules import Event, Identifiers
from closedwon.sandbox.truth import GoogleTruth
from tests.sandbox.ad_world import GBRAID, GCLID, NOW, OLD_GCLID, STRANGER, WBRAID, ad_world, sha256

ZOES_EMAIL = sha256("zoedaubignyinvented1@gmail.com")
UNKNOWN_CLICK = "x" * 40


def processed(
    emails: tuple[str, ...] = (), days_ago: float = 0, **clicks: str
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """The errors and the counted conversions of one event with these identifiers."""
    action = ConversionAction(GoogleTruth(ad_world()))
    identifiers = Identifiers(clicks, list(emails), [], [])
    time = NOW - timedelta(days=days_ago)
    errors = action.process([Event("t1", time, 80.0, "EUR", identifiers, False, frozenset())])
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
