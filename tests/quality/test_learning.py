"""Values are learned from what is known, refused where too little is, and frozen until the next version is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.positions import mark_complete
from closedwon.ledger.quality.versions import newest_version
from closedwon.quality.figures import Learned, StageValue
from closedwon.quality.learning import History, learn
from closedwon.quality.stages import REQUIREMENTS, advise
from closedwon.quality.versions import drift, freeze, frozen_values
from tests.quality.leads import NOW, World, ago, entries, settings, store


def learned_from(ledger: Ledger, **quality: Any) -> Learned:
    client = settings(quality=quality)
    return learn(History.read(ledger, client, NOW), client)


def stage(learned: Learned, name: str) -> StageValue:
    return next(one for one in learned.stages if one.stage == name)


def test_the_value_of_a_stage_is_its_chance_times_what_is_paid(tmp_path_ledger: Ledger) -> None:
    world = World()
    store(tmp_path_ledger, world.leads(np.random.default_rng(1), 6_000))
    found = stage(learned_from(tmp_path_ledger), "qualified")
    assert found.value is not None
    assert found.value.low < world.value_of_qualified(180) < found.value.high
    assert found.value.high / found.value.low < 1.3
    assert found.median_days == pytest.approx(40 * np.log(2), abs=6)


def test_the_intervals_of_values_cover_the_truth(tmp_path_ledger: Ledger) -> None:
    world, client = World(), settings()
    truth = world.value_of_qualified(180)
    inside = []
    for seed in range(30):
        name = f"c{seed}"
        store(tmp_path_ledger, world.leads(np.random.default_rng(seed), 800), client=name)
        own = client.model_copy(update={"client": name})
        value = stage(learn(History.read(tmp_path_ledger, own, NOW), own), "qualified").value
        assert value is not None
        inside.append(value.low <= truth <= value.high)
    assert 0.8 <= np.mean(inside) <= 1


@pytest.mark.parametrize(
    ("quality", "why"),
    [
        ({"min_leads": 5_000}, "leads of 5,000 that it takes"),
        ({"min_wins": 1_000}, "wins of 1,000 that it takes"),
    ],
)
def test_below_the_minimum_nothing_is_learned_and_it_is_said_how_much_is_missing(
    tmp_path_ledger: Ledger, quality: dict[str, int], why: str
) -> None:
    store(tmp_path_ledger, World().leads(np.random.default_rng(1), 1_000))
    found = learned_from(tmp_path_ledger, **quality)
    assert not found.has_values
    assert all(one.value is None and why in (one.refused or "") for one in found.stages)
    assert all("are missing" in (one.refused or "") for one in found.stages)


def test_amounts_in_another_currency_are_no_amounts(tmp_path_ledger: Ledger) -> None:
    foreign = World().leads(np.random.default_rng(1), 2_000).with_columns(currency=pl.lit("USD"))
    store(tmp_path_ledger, foreign)
    assert "with an amount in EUR" in (stage(learned_from(tmp_path_ledger), "lead").refused or "")


def test_a_short_history_says_so_and_promises_no_more_than_it_saw(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World(span_days=60).leads(np.random.default_rng(1), 4_000))
    found = learned_from(tmp_path_ledger)
    assert 50 <= stage(found, "lead").days <= 60
    assert any("too few leads are older" in note for note in found.notes)


def test_a_segment_that_wins_more_is_worth_more(tmp_path_ledger: Ledger) -> None:
    rng = np.random.default_rng(4)
    store(
        tmp_path_ledger,
        World(wins=0.45).leads(rng, 2_000, "Spring"),
        World(wins=0.15).leads(rng, 2_000, "Autumn"),
    )
    store(tmp_path_ledger, World(wins=0.9).leads(rng, 30, "Tiny"))
    found = stage(learned_from(tmp_path_ledger, segments=["campaign"]), "qualified")
    by_name = {one.name: one for one in found.segments}
    for name, wins in (("Spring", 0.45), ("Autumn", 0.15)):
        chance = by_name[name].probability
        assert chance.low < wins * (1 - np.exp(-180 / 40)) < chance.high
    tiny = by_name["Tiny"]
    assert tiny.wins / tiny.effective > tiny.probability.estimate > found.probability.estimate  # type: ignore[union-attr]


def test_what_is_frozen_is_used_until_the_next_is(ledger: Ledger) -> None:
    client = settings()
    assert frozen_values(ledger, client) is None
    store(ledger, World().leads(np.random.default_rng(1), 2_000))
    learned = learn(History.read(ledger, client, NOW), client)
    assert freeze(ledger, client, learned, NOW) == "2026-11-20.1"
    assert freeze(ledger, client, learned, NOW.replace(hour=13)) == "2026-11-20.2"
    used = frozen_values(ledger, client)
    assert used is not None
    assert used.version == "2026-11-20.2"
    value = stage(learned, "qualified").value
    assert value is not None
    assert used.stages["qualified"] == round(value.estimate, 2)


def test_a_version_is_the_newest_though_the_clock_was_set_back(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World().leads(np.random.default_rng(1), 1_000))
    learned = learned_from(tmp_path_ledger)
    freeze(tmp_path_ledger, settings(), learned, NOW)
    assert freeze(tmp_path_ledger, settings(), learned, ago(30)) == "2026-10-21.1"
    newest = newest_version(tmp_path_ledger, "acme")
    assert newest is not None and newest.version == "2026-10-21.1"


def test_a_version_in_another_currency_is_not_used(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World().leads(np.random.default_rng(1), 2_000))
    freeze(tmp_path_ledger, settings(), learned_from(tmp_path_ledger), NOW)
    assert frozen_values(tmp_path_ledger, settings(currency="USD")) is None


def test_drift_is_told_and_whether_it_is_more_than_chance(tmp_path_ledger: Ledger) -> None:
    rng = np.random.default_rng(1)
    store(tmp_path_ledger, World().leads(rng, 3_000))
    freeze(tmp_path_ledger, settings(), learned_from(tmp_path_ledger), NOW)
    before = newest_version(tmp_path_ledger, "acme")
    assert before is not None
    same = drift(learned_from(tmp_path_ledger), before)["qualified"]
    assert (round(same.percent, 6), same.is_outside) == (0, False)
    store(tmp_path_ledger, World(wins=0.9).leads(rng, 3_000, "better"))
    moved = drift(learned_from(tmp_path_ledger), before)["qualified"]
    assert moved.percent > 50
    assert moved.is_outside


def test_the_earliest_stage_that_predicts_and_is_frequent_is_recommended(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World(qualifies=0.3, wins=0.3).leads(np.random.default_rng(1), 12_000))
    client = settings()
    history = History.read(tmp_path_ledger, client, NOW)
    advice = advise(history, learn(history, client))
    rows = {row.stage: row for row in advice.rows}
    assert rows["lead"].auc == 0.5
    assert rows["qualified"].reach == pytest.approx(0.3, abs=0.03)
    assert rows["won"].auc == 1
    assert {one.platform: one.stage for one in advice.recommendations} == dict.fromkeys(
        REQUIREMENTS, "qualified"
    )


def test_who_buys_without_passing_a_stage_does_not_reach_it(tmp_path_ledger: Ledger) -> None:
    ids, age = [f"L{n}" for n in range(1_000)], np.linspace(10, 100, 1_000)
    store(
        tmp_path_ledger,
        entries(ids, "lead", age),
        entries(ids[::2], "won", age[::2] - 1, [100.0] * 500),
        entries(ids[1::10], "qualified", age[1::10] - 5),
    )
    client = settings()
    history = History.read(tmp_path_ledger, client, NOW)
    rows = {row.stage: row for row in advise(history, learn(history, client)).rows}
    assert rows["qualified"].reach == pytest.approx(0.1, abs=0.01)


def test_a_stage_that_is_reached_after_the_sale_does_not_predict_it(tmp_path_ledger: Ledger) -> None:
    ids = [f"L{n}" for n in range(200)]
    store(
        tmp_path_ledger,
        entries(ids, "lead", [300] * 200),
        entries(ids[:100], "won", [290] * 100, [100.0] * 100),
        entries(ids[:100], "qualified", [280] * 100),
    )
    client = settings()
    history = History.read(tmp_path_ledger, client, NOW)
    rows = {row.stage: row for row in advise(history, learn(history, client)).rows}
    assert (rows["qualified"].auc, rows["won"].auc, rows["qualified"].revenue) == (0.5, 1, 0)


def test_a_source_that_was_never_read_to_its_end_is_told_of(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World().leads(np.random.default_rng(1), 1_000))
    assert not learned_from(tmp_path_ledger).notes
    crm = settings().model_dump(mode="json", exclude_defaults=True)["sources"]["crm"]
    crm["auth"]["token"] = "invented"
    client = settings(sources={"crm": crm, "other": crm})
    notes = learn(History.read(tmp_path_ledger, client, NOW), client).notes
    assert any("never read to its end" in note for note in notes)


def test_where_no_stage_will_do_it_is_said_what_is_missing(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, World().leads(np.random.default_rng(1), 400))
    client = settings()
    history = History.read(tmp_path_ledger, client, NOW)
    of_meta = next(
        one for one in advise(history, learn(history, client)).recommendations if one.platform == "meta"
    )
    assert of_meta.stage is None
    assert "leads a month is" in of_meta.reason


def test_time_stands_still_at_the_last_complete_reading(tmp_path_ledger: Ledger) -> None:
    store(tmp_path_ledger, entries(["A", "B"], "lead", [100, 90]), entries(["A"], "won", [60], [5]))
    mark_complete(tmp_path_ledger, "acme", "crm", ago(50))
    history = History.read(tmp_path_ledger, settings(), NOW)
    assert history.until == ago(50)
    assert sorted(history.outcomes("lead")["days"]) == [40, 40]
