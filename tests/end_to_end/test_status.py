"""What ``closedwon status`` says in words: why a platform took something not, and what it said when asked anew."""

from __future__ import annotations

import json

import pytest

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import INSTALLER, SHOPS, Stage
from tests.end_to_end.test_changes import edit, one_order


@pytest.fixture
def shops(stage: Stage) -> Stage:
    """The shop chain, whose Google tells at once what it counted."""
    path = stage.clients / f"{SHOPS}.yaml"
    edit(path, "  google:\n", "  google:\n    status_after_minutes: 0\n")
    stage.sandbox.systems["google"].statuses.processing_time *= 0  # type: ignore[attr-defined]
    one_order(stage)
    return stage


def said(stage: Stage, client: str, *options: str) -> str:
    ran = stage.closedwon("status", client, *options, "--clients", str(stage.clients))
    assert ran.returncode == 0, ran.stderr
    return " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
            "terms of enhanced conversions are not",
        ),
        ("EVENT_TOO_OLD", "the event is older than Google counts"),
    ],
)
def test_what_google_says_when_it_is_asked_anew_is_told_at_once_and_stays_in_words(
    shops: Stage, reason: str, words: str
) -> None:
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason=reason, times=None))
    shops.run(SHOPS)
    asked = said(shops, SHOPS, "--refresh")
    (as_json,) = json.loads(said(shops, SHOPS, "--json"))
    failed = as_json["lanes"]["google"]["processed"]["failed"]
    assert set(failed) == ({reason} if reason == "EVENT_TOO_OLD" else set())
    assert "google: Google counted none of the request's records." in asked
    assert words in asked
    assert "said later that it did not count it; closedwon explain says why (not_counted)" in said(
        shops, SHOPS
    )


def test_a_reason_of_the_platforms_own_comes_with_what_it_means(stage: Stage) -> None:
    stage.sandbox.faults.add(Fault("meta", "revoke", times=None))
    stage.run(INSTALLER)
    shown = said(stage, INSTALLER)
    assert "not accepted: 190/460: the user who made the access token has changed the password" in shown
    assert "make a new one for this dataset" in shown
