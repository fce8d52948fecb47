"""What became of a lead is told across the records of its person, and of nobody else's."""

from __future__ import annotations

from typing import Any

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.bulk import insert_rows, upsert
from closedwon.ledger.people.identities import SIGHTINGS
from closedwon.ledger.schema import identities, merges
from closedwon.quality.learning import History
from tests.quality.leads import NOW, entries, settings, store


def became(ledger: Ledger, stage: str = "lead", **quality: Any) -> pl.DataFrame:
    return History.read(ledger, settings(quality=quality), NOW).outcomes(stage).sort("entered_at")


def know(ledger: Ledger, *sightings: dict[str, Any]) -> None:
    """Put sightings into the identity map."""
    base = dict.fromkeys(SIGHTINGS) | {"source": "crm", "known_at": 1, "last_at": 1}
    rows = [base | {"identity": f"i{n}"} | one for n, one in enumerate(sightings)]
    with ledger.writing() as connection:
        frame = pl.DataFrame(rows, schema=SIGHTINGS)
        insert_rows(connection, upsert(connection, identities), frame, client="acme")


def test_a_deal_is_its_contacts_where_the_crm_says_so(ledger: Ledger) -> None:
    store(ledger, entries(["A", "B"], "lead", [100, 90]), entries(["A"], "won", [60], [500]))
    found = became(ledger)
    assert found.select("is_won", "days", "won_amount").rows() == [(True, 40, 500.0), (False, 90, None)]


def test_records_with_the_same_address_are_one_person(ledger: Ledger) -> None:
    lead = entries(["A", "B"], "lead", [100, 90]).with_columns(person=pl.lit(None, dtype=pl.String))
    won = entries(["C"], "won", [60], [500]).with_columns(person=pl.lit(None, dtype=pl.String))
    store(ledger, lead, won)
    assert became(ledger)["is_won"].to_list() == [False, False]
    know(
        ledger,
        {"object": "contact", "record_id": "A", "email": "e1"},
        {"object": "contact", "record_id": "B", "email": "e2"},
        {"object": "deal", "record_id": "DC", "email": "e1"},
    )
    assert became(ledger)["is_won"].to_list() == [True, False]


def test_an_address_that_many_share_joins_nobody(ledger: Ledger) -> None:
    ids = [f"A{n}" for n in range(30)]
    nobody = pl.lit(None, dtype=pl.String)
    store(ledger, entries(ids, "lead", [100] * 30).with_columns(person=nobody))
    store(ledger, entries(["Z"], "won", [60], [500]).with_columns(person=nobody))
    shared = [{"object": "contact", "record_id": one, "email": "shop", "name": one} for one in ids]
    know(ledger, *shared, {"object": "deal", "record_id": "DZ", "email": "shop", "name": "z"})
    assert not became(ledger)["is_won"].any()


def test_a_merged_record_goes_on_as_the_one_that_is_left(ledger: Ledger) -> None:
    store(
        ledger, entries(["A"], "lead", [100]), entries(["B"], "lead", [99]), entries(["B"], "won", [60], [1])
    )
    assert became(ledger)["is_won"].to_list() == [False, True]
    merge = {"source": "crm", "object": "contact", "record_id": "A", "merged_into": "B", "seen_at": 1}
    with ledger.writing() as connection:
        insert_rows(connection, upsert(connection, merges), pl.DataFrame([merge]), client="acme")
    assert became(ledger).select("is_won", "days").rows() == [(True, 40)]


def test_who_comes_back_after_the_horizon_is_a_new_lead(ledger: Ledger) -> None:
    store(ledger, entries(["A"], "lead", [390]), entries(["A"], "won", [100], [500]))
    assert became(ledger, horizon_days=180)["is_won"].to_list() == [False]
    assert became(ledger, horizon_days=300)["is_won"].to_list() == [True]


def test_who_was_lost_and_won_after_all_was_won(ledger: Ledger) -> None:
    store(
        ledger,
        entries(["A", "B"], "lead", [100, 100]),
        entries(["A", "B"], "lost", [90, 80]),
        entries(["A"], "won", [60], [500]),
    )
    found = became(ledger).sort("is_won").select("is_won", "is_lost", "days")
    assert found.rows() == [(False, True, 20), (True, False, 40)]


def test_a_stage_without_a_known_time_begins_nothing(ledger: Ledger) -> None:
    guessed = entries(["A"], "lead", [100]).with_columns(time_known=pl.lit(value=False))
    store(ledger, guessed, entries(["B"], "lead", [50]))
    assert became(ledger)["days"].to_list() == [50]


def test_a_stage_that_is_entered_after_the_sale_predicts_nothing(ledger: Ledger) -> None:
    store(ledger, entries(["A"], "qualified", [50]), entries(["A"], "won", [60], [500]))
    assert became(ledger, "qualified").is_empty()
