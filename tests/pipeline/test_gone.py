"""Records that were deleted, erased or merged: nothing of theirs is sent, and nobody is told of twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.positions import mark_complete, position
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.outbox import Outbox
from closedwon.ledger.retention import Cutoffs, retire
from closedwon.pipeline.incoming.reconciling import EVERY, reconcile
from closedwon.pipeline.opening import open_uploader
from connectors.base import Gone, SourceError
from tests.pipeline.client import settings
from tests.pipeline.taking import NOW, Intaken


@pytest.fixture
def crm(ledger: Ledger) -> Intaken:
    rules = {"qualified": {"value": 80, "meta": "Qualified"}, "won": {"value": 100, "meta": "Won"}}
    return Intaken(settings(rules), "crm", ledger)


def lead(record: str = "L1", stage: str = "qualified", **changes: Any) -> dict[str, Any]:
    return {
        "object": "Lead", "record_id": record, "stage": stage, "entered_at": NOW - timedelta(hours=3),
        "email": "invented@courriel.example",
    } | changes  # fmt: skip


def states(crm: Intaken) -> dict[tuple[str, str], tuple[str, str | None]]:
    return {key: (state, reason) for key, (state, reason, _) in crm.deliveries().items()}


def test_what_waits_of_a_deleted_record_is_not_sent(crm: Intaken) -> None:
    crm.take(lead("L1"), lead("L2"))
    crm.take(gone=[Gone("Lead", "L1")])
    assert states(crm) == {
        ("L1", "qualified"): ("skipped", "record_deleted"),
        ("L2", "qualified"): ("queued", None),
    }
    assert (crm.report.gone, crm.report.withdrawn) == (1, 1)


def test_a_deletion_that_is_read_again_is_counted_once(crm: Intaken) -> None:
    crm.take(lead())
    crm.take(gone=[Gone("Lead", "L1")])
    crm.take(gone=[Gone("Lead", "L1")])
    assert crm.report.withdrawn == 0


def test_an_undeleted_record_is_sent_after_all(crm: Intaken) -> None:
    crm.take(lead())
    crm.take(gone=[Gone("Lead", "L1")])
    crm.take(lead())
    assert states(crm) == {("L1", "qualified"): ("queued", None)}


def test_what_was_sent_of_a_deleted_record_stays_sent(crm: Intaken) -> None:
    crm.take(lead())
    crm.send_all()
    crm.take(gone=[Gone("Lead", "L1")])
    assert states(crm) == {("L1", "qualified"): ("accepted", None)}


def test_the_records_of_another_object_or_source_are_left_alone(crm: Intaken) -> None:
    crm.take(lead())
    crm.take(gone=[Gone("Opportunity", "L1")])
    assert states(crm) == {("L1", "qualified"): ("queued", None)}


MERGE = Gone("Lead", "L1", merged_into="L2")


def test_merges_leave_no_duplicates_when_the_loser_was_sent(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"), lead("L2", "won"), gone=[MERGE])
    assert states(crm) == {
        ("L1", "qualified"): ("accepted", None),
        ("L2", "qualified"): ("skipped", "sent_before_merge"),
        ("L2", "won"): ("queued", None),
    }
    assert crm.lane.skipped["sent_before_merge"] == 1
    crm.take(lead("L2"))
    assert states(crm)["L2", "qualified"] == ("skipped", "sent_before_merge")


def test_merges_leave_no_duplicates_when_the_winner_waits(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"))
    crm.take(gone=[MERGE])
    assert states(crm)["L2", "qualified"] == ("skipped", "sent_before_merge")


def test_a_merged_record_that_was_not_sent_leaves_its_stage_to_the_winner(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.take(lead("L2"), gone=[MERGE])
    assert states(crm) == {
        ("L1", "qualified"): ("skipped", "record_merged"),
        ("L2", "qualified"): ("queued", None),
    }


def tried(crm: Intaken) -> None:
    """Send what waits, and be killed before the platform has answered."""
    outbox = Outbox(crm.ledger, "acme", "meta")
    outbox.claim(1_000, NOW)
    outbox.reopen({"qualified": "Qualified", "won": "Won"}, NOW)


def test_a_loser_that_the_platform_may_have_heard_of_goes_on_under_its_id(crm: Intaken) -> None:
    crm.take(lead("L1"))
    tried(crm)
    for _ in range(2):
        crm.take(lead("L2"), lead("L2", "won"), gone=[MERGE])
        assert states(crm) == {
            ("L1", "qualified"): ("queued", None),
            ("L2", "qualified"): ("skipped", "sent_before_merge"),
            ("L2", "won"): ("queued", None),
        }
        assert crm.report.withdrawn == 0
        crm.take(lead("L2"))
        assert states(crm)["L2", "qualified"] == ("skipped", "sent_before_merge")


@pytest.mark.parametrize("sent", [tried, Intaken.send_all])
def test_a_winner_that_the_platform_heard_of_or_may_have_takes_the_losers_place(
    crm: Intaken, sent: Callable[[Intaken], None]
) -> None:
    crm.take(lead("L2"))
    sent(crm)
    before = states(crm)["L2", "qualified"]
    crm.take(lead("L1"))
    tried(crm)
    crm.take(gone=[MERGE])
    assert states(crm) == {("L1", "qualified"): ("skipped", "record_merged"), ("L2", "qualified"): before}


def test_of_two_losers_in_doubt_one_goes_on(crm: Intaken) -> None:
    crm.take(lead("L1"), lead("L2"))
    tried(crm)
    crm.take(lead("L3"), gone=[Gone("Lead", one, merged_into="L3") for one in ("L1", "L2")])
    assert sorted(states(crm).values()) == [
        ("queued", None),
        ("skipped", "record_merged"),
        ("skipped", "sent_before_merge"),
    ]


def test_a_loser_in_doubt_is_withdrawn_where_another_was_accepted(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"))
    tried(crm)
    crm.take(gone=[Gone("Lead", one, merged_into="L3") for one in ("L1", "L2")])
    assert states(crm)["L2", "qualified"] == ("skipped", "record_merged")


def test_a_deleted_record_is_withdrawn_though_it_was_tried(crm: Intaken) -> None:
    crm.take(lead("L1"))
    tried(crm)
    crm.take(gone=[Gone("Lead", "L1")])
    assert states(crm) == {("L1", "qualified"): ("skipped", "record_deleted")}


def test_a_winner_that_is_merged_again_passes_on_what_was_sent(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(gone=[MERGE])
    crm.take(gone=[Gone("Lead", "L2", merged_into="L3")])
    crm.take(lead("L3"))
    assert states(crm)["L3", "qualified"] == ("skipped", "sent_before_merge")


def test_merges_told_in_any_order_pass_on_what_was_sent(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    chain = [Gone("Lead", f"L{n}", merged_into=f"L{n + 1}") for n in (3, 2, 1)]
    crm.take(gone=chain)
    crm.take(lead("L4"))
    assert states(crm)["L4", "qualified"] == ("skipped", "sent_before_merge")


def test_an_old_merge_that_is_told_again_does_not_hide_the_one_after_it(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(gone=[MERGE])
    crm.take(gone=[Gone("Lead", "L2", merged_into="L3")])
    crm.take(gone=[MERGE])
    crm.take(lead("L3"))
    assert states(crm)["L3", "qualified"] == ("skipped", "sent_before_merge")


def test_what_waits_of_a_winner_is_skipped_for_what_was_sent_before_an_earlier_merge(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L3"), gone=[MERGE])
    crm.take(gone=[Gone("Lead", "L2", merged_into="L3")])
    assert states(crm)["L3", "qualified"] == ("skipped", "sent_before_merge")


def test_records_that_were_merged_both_ways_end_nowhere_and_hold_nothing_up(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(gone=[MERGE])
    crm.take(lead("L1", "won"), gone=[Gone("Lead", "L2", merged_into="L1")])
    assert states(crm) == {
        ("L1", "qualified"): ("accepted", None),
        ("L1", "won"): ("queued", None),
    }


@pytest.mark.parametrize("again", ["L2", "L3"])
def test_what_was_sent_before_a_merge_is_not_sent_again_once_its_history_is_deleted(
    crm: Intaken, again: str
) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"), gone=[MERGE])
    winner = "L2"
    if again == "L3":
        winner = "L3"
        crm.take(lead("L3"), gone=[Gone("Lead", "L2", merged_into="L3")])
    later = NOW + timedelta(days=401)
    with crm.ledger.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE stage_entries SET read_at = {microseconds(later)} WHERE record_id = '{winner}'"
        )
    cutoff = later - timedelta(days=400)
    retire(crm.ledger, "acme", Cutoffs(cutoff, cutoff, cutoff), tills=(), now=later)
    assert ("L1", "qualified") not in states(crm)
    crm.take(lead(winner))
    assert states(crm)[winner, "qualified"] == ("skipped", "sent_before_merge")


class Source:
    """A system that has forgotten some records, and says what it was asked for."""

    def __init__(self, *forgotten: str, merged_into: str | None = None, fails: bool = False) -> None:
        self.forgotten, self.merged_into = forgotten, merged_into
        self.fails, self.asked = fails, set[str]()

    def missing(self, object_name: str, record_ids: Sequence[str]) -> Iterator[Gone]:
        if self.fails:
            raise SourceError("the source could not be asked")
        self.asked.update(record_ids)
        yield from (Gone(object_name, one, self.merged_into) for one in record_ids if one in self.forgotten)


def ask(crm: Intaken, source: Source, after: timedelta) -> None:
    before = position(crm.ledger, "acme", "crm")
    reconcile(
        source,
        crm.settings,
        crm.ledger,
        crm.report,
        before=before,
        now=NOW + after,
        uploaders={"meta": open_uploader(crm.settings, "meta")},
    )


def test_an_erased_person_is_forgotten_even_where_they_were_sent(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"), lead("L3"))
    ask(crm, Source("L1", "L2"), timedelta(hours=1))
    assert {record: payload is None for record, payload in crm.payloads().items()} == {
        "L1": True,
        "L2": True,
        "L3": False,
    }
    assert states(crm)["L2", "qualified"] == ("skipped", "record_deleted")
    assert (crm.report.gone, crm.report.withdrawn) == (2, 1)


def test_what_was_sent_is_asked_for_once_a_day_and_what_waits_every_time(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"))
    mark_complete(crm.ledger, "acme", "crm", NOW)
    asked = []
    for after in (timedelta(hours=1), timedelta(hours=2), timedelta(hours=1) + EVERY):
        source = Source()
        ask(crm, source, after)
        asked.append(source.asked)
    assert asked == [{"L1", "L2"}, {"L2"}, {"L1", "L2"}]


def test_what_was_just_read_is_not_asked_for(crm: Intaken) -> None:
    crm.take(lead("L1"))
    source = Source()
    ask(crm, source, timedelta(0))
    assert source.asked == set()


def test_a_source_that_cannot_be_asked_is_asked_again(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    with pytest.raises(SourceError):
        ask(crm, Source(fails=True), timedelta(hours=1))
    source = Source()
    ask(crm, source, timedelta(hours=2))
    assert source.asked == {"L1"}


def test_a_lost_permission_is_not_taken_for_a_hundred_erased_people(crm: Intaken) -> None:
    crm.take(*(lead(f"L{n}") for n in range(150)))
    with pytest.raises(SourceError, match=r"120 of 150 Lead records .* cannot be found"):
        ask(crm, Source(*(f"L{n}" for n in range(120))), timedelta(hours=1))
    assert {state for state, _ in states(crm).values()} == {"queued"}
    ask(crm, Source(*(f"L{n}" for n in range(60))), timedelta(hours=1))
    assert list(states(crm).values()).count(("skipped", "record_deleted")) == 60


def test_many_merged_records_are_no_lost_permission(crm: Intaken) -> None:
    crm.take(*(lead(f"L{n}") for n in range(150)))
    merged = Source(*(f"L{n}" for n in range(120)), merged_into="L149")
    ask(crm, merged, timedelta(hours=1))
    assert list(states(crm).values()).count(("skipped", "record_merged")) == 120


def test_a_merge_that_only_asking_tells_of_leaves_no_duplicate(crm: Intaken) -> None:
    crm.take(lead("L1"))
    crm.send_all()
    crm.take(lead("L2"))
    ask(crm, Source("L1", merged_into="L2"), timedelta(hours=1))
    assert states(crm)["L2", "qualified"] == ("skipped", "sent_before_merge")
