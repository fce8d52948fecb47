"""What is promised of figures in words: a share never reads as the whole, or as none, where it is not."""

from __future__ import annotations

import pytest

from closedwon.readiness.figures import Unit, written


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100%"),
        (0.9999, "99.9%"),
        (0.996, "99.6%"),
        (0.994, "99%"),
        (0.345, "34%"),
        (0.0123, "1.2%"),
        (0.0002, "under 0.1%"),
        (0.0, "0%"),
    ],
)
def test_a_share_is_rounded_but_neither_up_to_all_nor_down_to_none(share: float, words: str) -> None:
    assert written(share, Unit.SHARE) == words
