"""The share won is estimated without bias by young leads, and its interval holds the truth as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from closedwon.quality.incidence import Incidence, incidence

Z90 = 1.6448536269514722


def estimated(days: list[int], won: list[int], lost: list[int], last: int) -> Incidence:
    return incidence(
        np.array(days, dtype=np.int32),
        np.array(won, dtype=bool),
        np.array(lost, dtype=bool),
        last=last,
        z=Z90,
    )


def test_a_worked_example_with_a_competing_event_comes_out_as_by_hand() -> None:
    # At risk 10: won on day 1 (1/10); censored on 2; lost on 3 (8 at risk); won on 4 (7 at risk); censored on 5.
    # Open before day 4: 9/10 * 7/8 = 63/80, so that the share won is 1/10 + 63/80 * 1/7 = 17/80.
    days = [1, 2, 3, 4, 5, 5, 5, 5, 5, 5]
    found = estimated(days, [1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0], last=5)
    assert found.share == pytest.approx([0, 1 / 10, 1 / 10, 1 / 10, 17 / 80, 17 / 80])


def test_freireichs_patients_on_6_mp_relapse_as_kaplan_and_meier_have_it() -> None:
    # Freireich et al. (1963), in every textbook since Cox (1972): the survivor function at 23 weeks is 0.448, and
    # Greenwood's standard error 0.135.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    found = estimated(weeks, relapsed, [0] * len(weeks), last=35)
    survivors = 1 - found.share
    assert survivors[[6, 7, 10, 13, 16, 22, 23]] == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4
    )
    assert found.se[23] == pytest.approx(0.135, abs=5e-4)


def test_without_young_leads_it_is_the_plain_share_with_its_binomial_error() -> None:
    won = [1] * 30 + [0] * 70
    found = estimated([10] * 30 + [20] * 70, won, [1 - one for one in won], last=180)
    assert found.at_end.estimate == pytest.approx(0.3)
    assert found.se[-1] == pytest.approx(np.sqrt(0.3 * 0.7 / 100))
    assert 0 < found.at_end.low < 0.3 < found.at_end.high < 1


def test_where_the_last_who_are_left_are_all_won_there_is_an_interval_still() -> None:
    found = estimated([1, 2, 3, 4, 4], [1, 0, 1, 1, 1], [0, 0, 0, 0, 0], last=4)
    assert np.isfinite(found.se).all()


def simulated(rng: np.random.Generator, leads: int) -> Incidence:
    """Leads of 0 to 300 days of age, of which a fifth would be won, at 40 days on average."""
    age = rng.uniform(0, 300, leads)
    fate = rng.choice(3, leads, p=[0.2, 0.5, 0.3])
    after = np.where(
        fate == 0, rng.exponential(40, leads), np.where(fate == 1, rng.exponential(30, leads), np.inf)
    )
    seen = after <= np.minimum(age, 180)
    days = np.where(seen, after, np.minimum(age, 180)).astype(np.int32)
    return incidence(days, seen & (fate == 0), seen & (fate == 1), last=180, z=Z90)


def test_young_leads_do_not_bias_it_and_its_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(7)
    truth = 0.2 * (1 - np.exp(-180 / 40))
    found = [simulated(rng, 400).at_end for _ in range(300)]
    assert np.mean([one.estimate for one in found]) == pytest.approx(truth, abs=0.004)
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.86 <= covered <= 0.94


def test_wins_over_leads_would_be_biased_there() -> None:
    rng = np.random.default_rng(7)
    age, wins = rng.uniform(0, 300, 40_000), rng.random(40_000) < 0.2
    naive = np.mean(wins & (rng.exponential(40, 40_000) <= age))
    assert naive < 0.2 * (1 - np.exp(-180 / 40)) - 0.015
