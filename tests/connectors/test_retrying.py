"""How patiently a failed request is tried again."""

from __future__ import annotations

import pytest

from connectors.retrying import FailedRequest, RetryPolicy, retrying


class Failure(FailedRequest):
    """A failure that may be tried so many times, and may say how long it lasts."""

    def __init__(
        self, *, attempts: int = 100, asked: float | None = None, usual: float | None = None
    ) -> None:
        super().__init__("it failed")
        self.retry_after = asked
        self.usual_wait = usual
        self._attempts = attempts

    def passes(self, attempt: int) -> bool:
        return attempt < self._attempts


def waits(failure: Exception, policy: RetryPolicy) -> list[float]:
    """The seconds between the attempts of a request that fails in this way each time."""
    slept: list[float] = []

    def request() -> None:
        raise failure

    with pytest.raises(type(failure)):
        retrying("A CRM", policy).copy(sleep=slept.append)(request)
    return slept


def test_waits_grow_and_are_bounded_by_default() -> None:
    policy = RetryPolicy()
    slept = waits(Failure(), policy)
    assert len(slept) == policy.attempts - 1
    assert slept == sorted(slept)
    assert 10 < sum(slept) < 120


def test_it_waits_as_long_as_the_answer_asks_or_else_as_such_a_failure_lasts() -> None:
    policy = RetryPolicy(attempts=3, longest_wait_seconds=20)
    assert waits(Failure(asked=7, usual=10), policy) == [7, 7]
    assert waits(Failure(asked=0, usual=10), policy) == [0, 0]
    assert waits(Failure(usual=10), policy) == [10, 10]
    assert waits(Failure(usual=60), policy) == [20, 20]


def test_an_answer_that_asks_for_more_patience_than_there_is_ends_it() -> None:
    assert waits(Failure(asked=21), RetryPolicy(longest_wait_seconds=20)) == []


def test_what_does_not_pass_is_not_tried_again() -> None:
    assert waits(Failure(attempts=1), RetryPolicy()) == []
    assert len(waits(Failure(attempts=2), RetryPolicy())) == 1
    assert waits(ValueError("a mistake of our own"), RetryPolicy()) == []
