"""The soak tells what is lost, twice or wrong, its faults come from its seed, and a short one ends well."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.soak import mischief
from benchmarks.soak.__main__ import main
from benchmarks.soak.verdict import Outcomes, Verdict, verdict
from benchmarks.soak.world import Counted, Lane
from closedwon.sandbox.faults import Fault

LANE = Lane("acme", "meta")
FIRST, SECOND = Counted("a", "Purchase", 10.0, "EUR"), Counted("b", "Purchase", 20.0, "EUR")
BOTH: Outcomes = {LANE: {"a": ("accepted", None), "b": ("accepted", None)}}


def judged(counted: list[Counted], ledger: Outcomes = BOTH, *, calm: Outcomes = BOTH) -> Verdict:
    expected = [one for one in (FIRST, SECOND) if calm[LANE][one.event_id] == ("accepted", None)]
    return verdict({LANE: expected}, {LANE: counted}, calm, ledger)


def test_each_conversion_counted_once_at_its_value_is_good() -> None:
    found = judged([SECOND, FIRST])
    assert found.good
    assert found.counted == 2


@pytest.mark.parametrize(
    ("counted", "name"),
    [
        pytest.param([FIRST], "lost", id="lost"),
        pytest.param([FIRST, FIRST, SECOND], "twice", id="twice"),
        pytest.param([FIRST, Counted("b", "Purchase", 21.0, "EUR")], "wrong", id="another value"),
        pytest.param([FIRST, Counted("b", "Lead", 20.0, "EUR")], "wrong", id="another name"),
        pytest.param([FIRST, SECOND, Counted("c", "Purchase", 1.0, "EUR")], "wrong", id="not to arrive"),
    ],
)
def test_what_must_not_be_is_counted_and_shown(counted: list[Counted], name: str) -> None:
    found = judged(counted)
    assert getattr(found, name) == 1
    assert not found.good
    assert "acme/meta" in found.examples[0]


def test_what_the_platform_no_longer_took_is_not_lost() -> None:
    late = {LANE: {"a": ("accepted", None), "b": ("expired", "expired_before_sent")}}
    found = judged([FIRST], late)
    assert found.good
    assert found.too_late == 1


def test_what_was_sent_before_its_address_proved_to_be_shared_is_counted_apart() -> None:
    calm = {LANE: {"a": ("accepted", None), "b": ("skipped", "no_identifier")}}
    taken_back = {LANE: {"a": ("accepted", None), "b": ("accepted", "taken_back")}}
    found = judged([FIRST, SECOND], taken_back, calm=calm)
    assert found.good
    assert found.shared == 1
    assert not judged([FIRST, SECOND], BOTH, calm=calm).good


@pytest.mark.parametrize("counted", [[FIRST], [FIRST, SECOND]])
def test_what_waited_for_its_time_without_faults_may_arrive_by_now_or_not(counted: list[Counted]) -> None:
    waiting = {LANE: {"a": ("accepted", None), "b": ("queued", None)}}
    assert judged(counted, waiting if len(counted) == 1 else BOTH, calm=waiting).good


@pytest.mark.parametrize("state", ["queued", "rejected"])
def test_a_ledger_that_says_otherwise_than_the_platform_is_noticed(state: str) -> None:
    found = judged([FIRST, SECOND], {LANE: {"a": ("accepted", None), "b": (state, None)}})
    assert found.ledger_differs == 1
    assert not found.good


def test_the_same_seed_brings_the_same_faults_and_the_sandbox_knows_them_all() -> None:
    one, two = ([mischief.faults(dice) for _ in range(300)] for dice in (random.Random(7), random.Random(7)))
    assert one == two
    known = [Fault.from_json(fault) for second in one for fault in second]
    assert {fault.kind for fault in known} >= {"status", "reset", "reset_after", "truncate", "revoke"}
    assert {fault.system for fault in known} == {"salesforce", "hubspot", "meta", "google"}


@pytest.mark.slow
def test_a_short_soak_ends_with_everything_counted_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "result.md"
    assert main(["--minutes", "0.02", "--conversions", "200", "--output", str(output)]) == 0
    assert "| **lost** | 0 |" in output.read_text(encoding="utf-8")
    assert "| **counted twice** | 0 |" in capsys.readouterr().out
