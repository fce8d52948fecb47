"""What the demo shows of recognised conversions: a count with stitching, one without, and the share of each."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from closedwon.cli.recognition import Recognition, judged
from closedwon.cli.summary import show_run
from closedwon.pipeline.report import DestinationReport, RunReport


@pytest.mark.parametrize(
    ("matched_by", "carried", "expected"),
    [
        ([], [], Recognition(0, 0)),
        (["em[0]"], [], Recognition(1, 1)),
        (["em[0]"], ["em[1]", "fbc"], Recognition(1, 1)),
        (["em[1]"], ["em[1]"], Recognition(1, 0)),
        (["fbc", "em[0]"], ["fbc"], Recognition(1, 1)),
        (["fbc", "em[1]"], ["fbc", "em[1]"], Recognition(1, 0)),
        (["fn[0]+ln[0]+zp[0]"], ["zp[0]"], Recognition(1, 0)),
        (["fn[0]+ln[0]+zp[0]"], ["ph[0]"], Recognition(1, 1)),
    ],
)
def test_a_match_counts_as_unaided_where_nothing_of_it_was_carried(
    matched_by: list[str], carried: list[str], expected: Recognition
) -> None:
    events = [{"event_id": "one", "matched_by": matched_by}]
    assert judged(events, "event_id", {"one": frozenset(carried)}) == expected


def test_what_was_carried_to_one_conversion_says_nothing_of_another() -> None:
    events = [{"transaction_id": name, "matched_by": ["gclid"]} for name in ("one", "two")]
    assert judged(events, "transaction_id", {"one": frozenset({"gclid"})}) == Recognition(2, 1)


def shown(**recognised: Recognition) -> str:
    report = RunReport("lumen-shops", datetime(2026, 11, 20, tzinfo=UTC))
    report.destinations = [DestinationReport("meta", accepted=40_000), DestinationReport("google")]
    out = io.StringIO()
    show_run(Console(file=out, width=120), report, recognised=recognised or None)
    return out.getvalue()


def test_the_summary_shows_both_rates_of_what_was_accepted() -> None:
    text = shown(meta=Recognition(31_204, 28_950), google=Recognition(0, 0))
    assert "Without stitching" in text
    assert "31,204 (78.0%)  28,950 (72.4%)" in text


def test_no_rate_is_shown_where_nobody_knows_it() -> None:
    assert "Without stitching" not in shown()


def test_what_was_sent_is_what_was_accepted_and_what_was_refused_for_whatever_reason() -> None:
    lane = DestinationReport("google", sent=10, accepted=4, unmatched=5)
    lane.rejected["EXPIRED_EVENT"] = 1
    screen = Console(file=io.StringIO(), width=120)
    show_run(screen, RunReport("lumen", datetime.now(UTC), destinations=[lane]))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert ["google", "–", "0", "0", "10", "4", "6", "0", "–"] in [
        line.split() for line in shown.splitlines()
    ]
    assert "5 of the refused conversions belong to no click on an ad" in shown
