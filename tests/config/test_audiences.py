"""Audiences as a client's file declares them, and the mistakes that would keep one empty."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from config import load_client
from config.audiences import (
    AudienceSettings,
    GoogleAudienceSettings,
    LookalikeSettings,
    MetaAudienceSettings,
)
from tests.config.conftest import Folder

BUYERS = """
audiences:
  best-customers:
    stages: [won, purchase]
    where: amount > 50
    value: amount
    min_value: 200
    days: 365
    meta:
      name: Acme best customers
      value_based: true
      lookalike: {countries: [FR, BE], ratio: 0.02}
    google: {name: Acme best customers}
  open-leads:
    stages: [qualified]
    leave: [won]
    google: {name: Acme open leads}
"""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "audiences.md"
TERMS = ("  google:\n    customer_id", "  google:\n    customer_match_terms: accepted\n    customer_id")
ACCOUNT = ("  meta:\n    dataset_id", '  meta:\n    ad_account_id: "1234567890"\n    dataset_id')


@pytest.fixture
def acme(acme: Folder) -> Folder:
    acme.edit(TERMS, ACCOUNT)
    acme.client.write_text(acme.client.read_text() + BUYERS)
    return acme


def test_what_is_left_out_of_an_audience_has_a_default(acme: Folder) -> None:
    declared = load_client(acme.client).settings.audiences
    best, leads = declared["best-customers"], declared["open-leads"]
    assert (leads.days, leads.where, leads.value, leads.min_value, leads.meta) == (
        180,
        None,
        None,
        None,
        None,
    )
    assert best.meta is not None
    assert best.meta.lookalike is not None
    assert (best.meta.lookalike.ratio, best.min_value, best.days) == (0.02, 200.0, 365)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            "stages: [won, purchase]",
            "stages: [wonn]",
            "audiences.best-customers.stages[0]",
            "did you mean won",
        ),
        ("stages: [won, purchase]", "stages: []", "audiences.best-customers.stages", "at least one"),
        ("leave: [won]", "leave: [qualified]", "audiences.open-leads.leave[0]", "not among stages"),
        ("days: 365", "days: 0", "audiences.best-customers.days", "how many days"),
        ("days: 365", "days: 541", "audiences.best-customers.days", "540 days or fewer"),
        ("    value: amount\n    min", "    min", "audiences.best-customers.min_value", "a value beside it"),
        ("    google: {name: Acme open leads}", "", "audiences.open-leads", "meta, google, or both"),
        (TERMS[1], TERMS[0], "audiences.best-customers.google", "customer_match_terms"),
        (ACCOUNT[1], ACCOUNT[0], "audiences.best-customers.meta", "ad_account_id"),
        ("ratio: 0.02", "ratio: 0.5", "audiences.best-customers.meta.lookalike.ratio", "from 0.01"),
        (
            "countries: [FR, BE]",
            "countries: [UK]",
            "audiences.best-customers.meta.lookalike.countries[0]",
            "GB",
        ),
        ("where: amount", "whare: amount", "audiences.best-customers.whare", "did you mean where"),
    ],
)
def test_a_mistake_is_named_where_it_stands(acme: Folder, old: str, new: str, key: str, words: str) -> None:
    problem = next(one for one in acme.edit((old, new)).problems() if one.key == key)
    assert words in str(problem)
    assert problem.line is not None


def test_nobody_stays_longer_than_history_is_kept(acme: Folder) -> None:
    acme.edit(("consent:\n", "retention: {history_days: 200}\nconsent:\n"))
    assert "200 days or fewer" in str(acme.problem())


def test_customer_lists_go_by_the_data_manager_api_alone(acme: Folder) -> None:
    acme.edit(("    customer_match_terms: accepted\n", "    via: google_ads\n"))
    assert {one.key for one in acme.problems()} == {
        "audiences.best-customers.google",
        "audiences.open-leads.google",
    }


def test_the_example_of_the_documentation_loads_and_names_every_setting(acme: Folder) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    whole = yaml.safe_load(acme.client.read_text())
    whole["sources"]["crm"]["stages"]["Lead.Status"]["Unqualified"] = "lost"
    whole |= yaml.safe_load(example)
    acme.client.write_text(yaml.safe_dump(whole))
    assert len(load_client(acme.client).settings.audiences) == 3
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", PAGE.read_text(encoding="utf-8")))))
    for model in (AudienceSettings, MetaAudienceSettings, GoogleAudienceSettings, LookalikeSettings):
        assert set(model.model_fields) - named == set()
