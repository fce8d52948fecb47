"""What is promised when a platform refuses rows: the good ones arrive, and none is given up for a common fault."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

import polars as pl
import pytest

from uploads.base import Outcome, Verdict
from uploads.errors import Action, PlatformError, Policy
from uploads.isolating import PATIENCE, Receipt, send_isolating

REFUSED = Policy(Action.ISOLATE, "the event is refused")
BLAMED = Policy(Action.ISOLATE, "the event is too old", blames_event=True)


class Platform:
    """Refuses a request with any bad row in it; ``names`` is how many of them it names."""

    def __init__(self, bad: Collection[int], *, names: int = 0, policy: Policy = REFUSED) -> None:
        self.bad, self.names, self.policy = set(bad), names, policy
        self.requests = 0

    def __call__(self, part: pl.DataFrame) -> Receipt:
        self.requests += 1
        guilty = [place for place, event_id in enumerate(part["event_id"]) if int(event_id) in self.bad]
        if guilty:
            raise PlatformError("100", self.policy, rows=dict.fromkeys(guilty[: self.names], "BAD_ROW"))
        return Receipt(f"trace-{self.requests}", "{}")

    def answer(self, rows: int) -> list[Outcome]:
        batch = pl.DataFrame({"event_id": [str(row) for row in range(rows)]})
        return list(send_isolating(batch, self))


def ids(outcomes: list[Outcome], verdict: str) -> list[int]:
    return sorted(
        int(event_id) for outcome in outcomes if outcome.verdict == verdict for event_id in outcome.event_ids
    )


def scattered(seed: int) -> list[int]:
    return random.Random(seed).sample(range(1_000), 50)


@pytest.mark.parametrize(
    "bad",
    [
        [0],
        [999],
        *[scattered(seed) for seed in range(20)],
        range(50),
        range(475, 525),
        range(950, 1_000),
        range(0, 1_000, 20),
        range(19, 1_000, 20),
    ],
    ids=str,
)
@pytest.mark.parametrize("names", [0, 1, 1_000], ids=["names no row", "names one row", "names every row"])
def test_each_bad_row_is_rejected_and_all_others_are_accepted(bad: Collection[int], names: int) -> None:
    outcomes = Platform(bad, names=names).answer(1_000)
    assert ids(outcomes, Verdict.REJECTED) == sorted(bad)
    assert ids(outcomes, Verdict.ACCEPTED) == sorted(set(range(1_000)) - set(bad))
    assert not any(outcome.ends_lane for outcome in outcomes)


def test_rows_that_are_named_cost_one_more_request() -> None:
    platform = Platform(scattered(1), names=1_000)
    platform.answer(1_000)
    assert platform.requests == 2


@pytest.mark.parametrize("policy", [REFUSED, BLAMED], ids=["of the request", "of the event"])
@pytest.mark.parametrize("names", [0, 1, 2_000], ids=["names no row", "names one row", "names every row"])
@pytest.mark.parametrize("rows", [2, 3, 2_000])
def test_a_platform_that_refuses_everything_costs_no_row_and_few_requests(
    rows: int, names: int, policy: Policy
) -> None:
    platform = Platform(range(rows), names=names, policy=policy)
    (outcome,) = platform.answer(rows)
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "every_event_refused")
    assert ids([outcome], Verdict.HOLD) == list(range(rows))
    assert platform.requests <= PATIENCE
    assert outcome.ends_lane
    assert policy.advice in (outcome.message or "")


def test_where_most_rows_are_bad_the_search_ends_and_what_is_undecided_is_held() -> None:
    platform = Platform(set(range(1_000)) - set(range(0, 1_000, 10)))
    outcomes = platform.answer(1_000)
    assert outcomes[-1].reason == "too_many_refusals"
    accepted, rejected, held = (ids(outcomes, verdict) for verdict in ("accepted", "rejected", "hold"))
    assert sorted(accepted + rejected + held) == list(range(1_000))
    assert set(rejected) <= platform.bad
    assert len(rejected) <= len(accepted) + PATIENCE + 1
    assert held


@pytest.mark.parametrize("bad", [100, 200, 330, 400])
@pytest.mark.parametrize("rows", [1_000, 2_000])
def test_where_most_rows_are_good_the_search_goes_on_to_the_last_bad_one(rows: int, bad: int) -> None:
    guilty = random.Random(bad).sample(range(rows), bad * rows // 1_000)
    platform = Platform(guilty)
    outcomes = platform.answer(rows)
    assert ids(outcomes, Verdict.REJECTED) == sorted(guilty)
    assert len(ids(outcomes, Verdict.ACCEPTED)) == rows - len(guilty)
    assert platform.requests < 2 * rows


def test_rows_named_for_what_must_be_mended_beside_them_are_held_alone_and_the_rest_goes_through() -> None:
    platform = Platform([3, 7], names=10, policy=Policy(Action.HOLD, "the action takes no such events"))
    outcomes = platform.answer(10)
    assert ids(outcomes, Verdict.HOLD) == [3, 7]
    assert len(ids(outcomes, Verdict.ACCEPTED)) == 8
    assert not any(outcome.ends_lane for outcome in outcomes)


def test_what_must_be_mended_for_every_row_holds_them_all_and_ends_the_lane() -> None:
    (outcome,) = Platform(range(10), names=10, policy=Policy(Action.HOLD, "accept the terms")).answer(10)
    assert (outcome.verdict, len(outcome.event_ids), outcome.ends_lane) == (Verdict.HOLD, 10, True)


@pytest.mark.parametrize(
    ("platform", "verdict"),
    [
        (Platform([0]), Verdict.HOLD),
        (Platform([0], names=1), Verdict.HOLD),
        (Platform([0], policy=BLAMED), Verdict.REJECTED),
    ],
    ids=["nothing says whose fault it is", "the row is named", "the code is of an event"],
)
def test_a_row_sent_alone_is_rejected_only_where_its_code_can_be_nobodys_setting(
    platform: Platform, verdict: Verdict
) -> None:
    (outcome,) = platform.answer(1)
    assert (outcome.verdict, list(outcome.event_ids)) == (verdict, ["0"])
    assert not outcome.ends_lane


def test_rows_named_that_were_not_in_the_request_do_no_harm() -> None:
    class Confused(Platform):
        def __call__(self, part: pl.DataFrame) -> Receipt:
            try:
                return super().__call__(part)
            except PlatformError as error:
                raise PlatformError(error.code, error.policy, rows={part.height: "BAD_ROW"}) from None

    outcomes = Confused([3]).answer(10)
    assert ids(outcomes, Verdict.REJECTED) == [3]
    assert len(ids(outcomes, Verdict.ACCEPTED)) == 9


@pytest.mark.parametrize(
    ("action", "verdict"), [(Action.RETRY, Verdict.LATER), (Action.HOLD, Verdict.HOLD)], ids=str
)
def test_a_search_that_is_cut_short_gives_up_no_row_that_was_only_suspected(
    action: Action, verdict: Verdict
) -> None:
    platform = Platform([0])
    cut: Callable[[pl.DataFrame], Receipt] = platform

    def request(part: pl.DataFrame) -> Receipt:
        if platform.requests == 3:
            raise PlatformError("2", Policy(action, "out of order"))
        return cut(part)

    (outcome,) = send_isolating(pl.DataFrame({"event_id": ["0", "1", "2", "3"]}), request)
    assert (outcome.verdict, outcome.reason) == (verdict, "2")
    assert ids([outcome], verdict) == [0, 1, 2, 3]
    assert outcome.ends_lane


def test_a_hold_that_concerns_only_what_was_sent_lets_the_lane_go_on() -> None:
    def request(part: pl.DataFrame) -> Receipt:
        raise PlatformError("ACTION", Policy(Action.HOLD, "no such action", ends_lane=False))

    (outcome,) = send_isolating(pl.DataFrame({"event_id": ["0"]}), request)
    assert outcome.verdict is Verdict.HOLD
    assert not outcome.ends_lane
