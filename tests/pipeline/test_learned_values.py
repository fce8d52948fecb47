"""``value: learned`` sends what was frozen: of the segment, else of the stage, and never anew for what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from closedwon.ledger import Ledger
from closedwon.ledger.quality.versions import save_version
from closedwon.pipeline.incoming.descriptions import described
from closedwon.pipeline.incoming.rules import digest
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.quality.versions import frozen_values
from tests.pipeline.client import NOW, entries, settings
from tests.pipeline.taking import Intaken

LEARNED = {
    "qualified": {"value": "learned", "meta": "Qualified Lead"},
    "won": {"value": "amount", "meta": "Won"},
}
CLIENT = settings(LEARNED)


def freeze(
    ledger: Ledger, value: float | None, segments: Mapping[str, float] | None = None, *, hours: int = 0
) -> str:
    """Freeze a version with this value for a qualified lead, and for campaigns."""

    def interval(estimate: float) -> dict[str, float]:
        return {"estimate": estimate, "low": estimate, "high": estimate}

    by_campaign = [
        {"column": "campaign", "name": name, "value": interval(worth)}
        for name, worth in (segments or {}).items()
    ]
    stage = {
        "stage": "qualified",
        "value": None if value is None else interval(value),
        "segments": by_campaign,
    }
    learned = {"currency": "EUR", "stages": [stage]}
    return save_version(ledger, "acme", settings={}, learned=learned, now=NOW + timedelta(hours=hours))


def lead(record: str, **changes: Any) -> dict[str, Any]:
    base = {"object": "Lead", "record_id": record, "stage": "qualified", "entered_at": NOW}
    return {**base, "email": "ada.invented@courriel.example", **changes}


def versions(ledger: Ledger) -> list[str | None]:
    with ledger.reading() as connection:
        rows = connection.exec_driver_sql("SELECT value_version FROM deliveries ORDER BY event_id")
        return [version for (version,) in rows]


@pytest.fixture
def crm(ledger: Ledger) -> Intaken:
    return Intaken(CLIENT, "crm", ledger)


def test_without_a_frozen_version_it_waits_and_is_judged_anew_with_one(crm: Intaken) -> None:
    crm.take(lead("L1"))
    assert crm.deliveries() == {("L1", "qualified"): ("skipped", "value_not_learned", None)}
    version = freeze(crm.ledger, 420.5)
    crm.take(lead("L1"))
    assert crm.deliveries() == {("L1", "qualified"): ("queued", None, 420.5)}
    assert versions(crm.ledger) == [version]


def test_a_version_without_a_value_for_the_stage_is_none_for_it(crm: Intaken) -> None:
    freeze(crm.ledger, None)
    crm.take(lead("L1"))
    assert crm.deliveries() == {("L1", "qualified"): ("skipped", "value_not_learned", None)}


def test_a_segment_that_was_learned_gives_the_value_else_the_stage_does(crm: Intaken) -> None:
    freeze(crm.ledger, 100, {"Spring": 300})
    crm.take(
        lead("L1", campaign=" Spring "),
        lead("L2", campaign="Autumn", email="b@courriel.example"),
        lead("L3", email="c@courriel.example"),
    )
    assert {record: value for (record, _), (_, _, value) in crm.deliveries().items()} == {
        "L1": 300,
        "L2": 100,
        "L3": 100,
    }


def test_a_new_version_does_not_revalue_what_was_sent_even_where_the_record_is_amended(crm: Intaken) -> None:
    first = freeze(crm.ledger, 100)
    crm.take(lead("L1", amount=10.0))
    crm.send_all()
    freeze(crm.ledger, 900, hours=1)
    crm.take(lead("L1", amount=20.0))
    assert crm.deliveries() == {("L1", "qualified"): ("accepted", None, 100)}
    assert versions(crm.ledger) == [first]


def test_what_waits_takes_the_newest_version(crm: Intaken) -> None:
    freeze(crm.ledger, 100)
    crm.take(lead("L1"))
    second = freeze(crm.ledger, 900, hours=1)
    crm.take(lead("L1"))
    assert crm.deliveries() == {("L1", "qualified"): ("queued", None, 900)}
    assert versions(crm.ledger) == [second]


def test_its_currency_is_the_clients(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path / "ledger.db")
    freeze(ledger, 100)
    frame = entries({"stage": "qualified", "currency": "USD"}).with_columns(
        event_id=pl.lit("e"), kept=pl.lit(1.0)
    )
    funnel = Funnel(CLIENT, frozen_values(ledger, CLIENT))
    found = funnel.conversions(frame, "meta", kind="crm", system="Salesforce")
    assert found.select("value", "currency").rows() == [(100.0, "EUR")]
    ledger.close()


def test_the_first_version_has_the_source_read_again_and_the_next_does_not(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path / "ledger.db")

    def rules() -> str:
        return digest(CLIENT, "crm", Funnel(CLIENT, frozen_values(ledger, CLIENT)).learned_stages)

    before = rules()
    freeze(ledger, 100)
    first = rules()
    freeze(ledger, 900, hours=1)
    assert before != first
    assert first == rules()
    ledger.close()


def test_who_learns_nothing_is_read_no_other_way_than_before() -> None:
    plain = settings({"won": {"value": "amount", "meta": "Won"}})
    assert digest(plain, "crm", Funnel(plain).learned_stages) == digest(plain, "crm")


def test_the_ledger_keeps_whose_journey_it_was_and_its_segments(tmp_path: Path) -> None:
    ledger = Ledger.at(tmp_path / "ledger.db")
    crm = Intaken(CLIENT, "crm", ledger)
    crm.take(
        lead(
            "L1", external_id="P1", campaign=" Spring ", form="", lead_source="ada.invented@courriel.example"
        ),
        lead("O1", external_id="P1", campaign=None),
        lead("L2", external_id="P2"),
    )
    with ledger.reading() as connection:
        query = "SELECT person, campaign, form, lead_source FROM stage_entries ORDER BY record_id"
        l1, l2, o1 = connection.exec_driver_sql(query).all()
    assert l1[0] == o1[0] != l2[0]
    assert len(l1[0]) == 32
    assert l1[1:] == ("Spring", None, None)
    ledger.close()


def test_a_card_at_a_till_is_not_kept() -> None:
    frame = entries({"external_id": "card 1"})
    assert described(frame, of_till=True)["person"].to_list() == [None]
    assert described(frame, of_till=False)["person"].null_count() == 0
