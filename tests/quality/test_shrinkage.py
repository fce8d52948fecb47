"""A segment of which little is known is worth nearly what the whole is; one that is well known keeps its own."""

from __future__ import annotations

import numpy as np
import pytest

from closedwon.quality.amounts import mean, product, winsorized
from closedwon.quality.shrinkage import Floats, shrunken_means, shrunken_rates


def pooled(wins: Floats, leads: Floats) -> tuple[float, float]:
    """The rate of all segments together, and its standard error."""
    rate = float(wins.sum() / leads.sum())
    return rate, float(np.sqrt(rate * (1 - rate) / leads.sum()))


def test_a_small_segment_is_drawn_to_the_whole_and_a_large_one_is_not() -> None:
    wins = np.array([1.0, 120.0, 240.0, 60.0])
    leads = np.array([2.0, 1_000.0, 1_000.0, 1_000.0])
    rates = shrunken_rates(wins, leads, 0.14, 0.006).means
    assert 0.13 < rates[0] < 0.2
    assert rates[1:] == pytest.approx([0.12, 0.24, 0.06], abs=0.01)


def test_segments_that_differ_by_chance_alone_are_all_as_the_whole() -> None:
    rng = np.random.default_rng(5)
    wins = rng.binomial(200, 0.2, 50).astype(float)
    rates = shrunken_rates(wins, np.full(50, 200.0), 0.2, 0.004)
    assert np.abs(rates.means - 0.2).max() < 0.02
    assert np.abs(wins / 200 - 0.2).max() > 0.05


def test_drawn_rates_are_nearer_to_the_truth_than_raw_ones_and_their_intervals_hold_it() -> None:
    rng = np.random.default_rng(11)
    raw_error = drawn_error = 0.0
    inside = []
    for _ in range(40):
        truth = rng.beta(8, 32, 30)
        leads = rng.integers(10, 200, 30).astype(float)
        wins = rng.binomial(leads.astype(int), truth).astype(float)
        rates = shrunken_rates(wins, leads, *pooled(wins, leads))
        raw_error += float(((wins / leads - truth) ** 2).sum())
        drawn_error += float(((rates.means - truth) ** 2).sum())
        bounds = [rates.interval(at, 0.9) for at in range(30)]
        inside += [one.low <= true <= one.high for one, true in zip(bounds, truth, strict=True)]
    assert drawn_error < 0.75 * raw_error
    assert 0.86 <= np.mean(inside) <= 0.94


@pytest.mark.parametrize("segments", [1, 8])
def test_a_rate_that_is_the_wholes_is_as_unsure_as_the_wholes(segments: int) -> None:
    rng = np.random.default_rng(17)
    leads = np.full(segments, 100.0)
    inside = []
    for _ in range(150):
        wins = rng.binomial(100, 0.15, segments).astype(float)
        rates = shrunken_rates(wins, leads, *pooled(wins, leads))
        bounds = [rates.interval(at, 0.9) for at in range(segments)]
        inside += [one.low <= 0.15 <= one.high for one in bounds]
    assert 0.84 <= np.mean(inside) <= 0.96


def test_mean_amounts_are_drawn_likewise() -> None:
    rng = np.random.default_rng(3)
    paid = [rng.normal(at, 100, count) for at, count in ((1_000, 400), (2_000, 400), (5_000, 2), (0, 0))]
    sums, squares = (np.array([(each**power).sum() for each in paid]) for power in (1, 2))
    counts = np.array([float(each.size) for each in paid])
    found = shrunken_means(sums, squares, counts, 1_500.0, 20.0)
    assert found.means[:2] == pytest.approx([1_000, 2_000], abs=30)
    assert found.means[3] == 1_500
    assert found.se[3] > found.se[0]


def test_fixed_prices_that_differ_by_segment_say_nothing_of_one_without_a_sale() -> None:
    sums, squares, counts = np.array([[1_000.0, 4_000, 0], [100_000, 800_000, 0], [10, 20, 0]])
    found = shrunken_means(sums, squares, counts, 166.0, 20.0)
    assert found.means == pytest.approx([100, 200, 166])
    assert found.se[2] > 20
    assert shrunken_means(np.zeros(1), np.zeros(1), np.zeros(1), 166.0, 20.0).means == [166]


def test_one_giant_sale_counts_as_a_large_one() -> None:
    amounts = np.array([100.0] * 99 + [1_000_000.0])
    assert winsorized(amounts, 0.98).mean() == pytest.approx(100)
    assert winsorized(amounts, 1).mean() > 10_000


def test_the_interval_of_a_mean_amount_covers_the_truth() -> None:
    rng = np.random.default_rng(2)
    found = [mean(rng.lognormal(0, 0.5, 60), confidence=0.9)[0] for _ in range(400)]
    covered = np.mean([one.low <= np.exp(0.125) <= one.high for one in found])
    assert 0.86 <= covered <= 0.94


def test_a_product_is_as_unsure_as_its_factors_together() -> None:
    found = product(0.2, 0.1, 1_000, 0.0, 1.645)
    assert (found.low, found.estimate, found.high) == pytest.approx((169.7, 200, 235.8), abs=0.1)
    assert product(0.2, 0.1, 1_000, 0.1, 1.645).high > found.high
