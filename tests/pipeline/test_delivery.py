"""A lane sends each conversion once a run, whatever the platform says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.outbox import Outbox
from closedwon.ledger.outgoing.probing import Probes
from closedwon.ledger.views.standing import status
from closedwon.pipeline.observer import Silent
from closedwon.pipeline.outgoing.afterwards import Afterwards
from closedwon.pipeline.outgoing.delivery import Lane
from closedwon.pipeline.report import DestinationReport
from tests.ledger.rows import NOW, entries, queue, store
from tests.pipeline.test_refunds import shop
from uploads.base import Outcome, Processing, Uploader, Verdict
from uploads.meta import MetaUploader


class TooRecent(MetaUploader):
    """A destination that takes one conversion of each request, and wants the others hours later."""

    requests = 0

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        self.requests += 1
        first, *others = batch["event_id"].to_list()
        yield Outcome([first], Verdict.ACCEPTED)
        if others:
            yield Outcome(others, Verdict.LATER, reason="TOO_RECENT", message="later", lane_goes_on=True)


def run(ledger: Ledger, uploader: Uploader) -> DestinationReport:
    report = DestinationReport("meta")
    outbox = Outbox(ledger, "acme", "meta")
    outbox.reopen({"won": "Converted"}, NOW)
    Lane(
        client="acme",
        run_id=1,
        outbox=outbox,
        probes=Probes(ledger, "acme", "meta"),
        uploader=uploader,
        afterwards=Afterwards(ledger, "acme", uploader, report),
        report=report,
        observer=Silent(),
        clock=lambda: NOW,
        stop=Event(),
    ).run()
    return report


def test_what_a_platform_wants_later_is_sent_by_the_next_run_and_not_again_at_once(ledger: Ledger) -> None:
    store(ledger, entries("a", "b", "c"), queue("a", "b", "c"))
    settings = shop().destinations.meta
    assert settings is not None
    uploader = TooRecent(settings)
    report = run(ledger, uploader)
    assert uploader.requests == 1
    assert (report.accepted, report.waiting) == (1, 2)
    assert status(ledger, "acme", NOW).lanes["meta"].states == {"accepted": 1, "queued": 2}
    assert run(ledger, uploader).accepted == 1
    assert uploader.requests == 2


class TimesOut(MetaUploader):
    """A destination that answers, but for one conversion on which it never does, and that takes one a request."""

    batch_size = 1

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        slow = batch["event_id"].to_list() == ["a"]
        verdict, reason = (Verdict.LATER, "timeout") if slow else (Verdict.ACCEPTED, None)
        yield Outcome(batch["event_id"].to_list(), verdict, reason)


def test_a_batch_that_is_never_answered_keeps_others_back_once_and_not_in_each_run(ledger: Ledger) -> None:
    store(ledger, entries("a", "b", "c"), queue("a", "b", "c"))
    settings = shop().destinations.meta
    assert settings is not None
    assert [run(ledger, TimesOut(settings)).accepted for _ in range(2)] == [0, 2]


def test_what_was_tried_goes_before_what_was_not_where_it_expires_soon(ledger: Ledger) -> None:
    soon = queue("a", expires_at=microseconds(NOW + timedelta(hours=3)))
    store(ledger, entries("a", "b"), pl.concat([soon, queue("b")]))
    settings = shop().destinations.meta
    assert settings is not None
    assert [run(ledger, TimesOut(settings)).accepted for _ in range(2)] == [0, 0]


class Asked(MetaUploader):
    """A destination that says later what it counted, and notes in which order it was told and asked."""

    batch_size = 1
    ready_after = timedelta(0)
    asked_until = timedelta(days=50)
    least_processed = least_matched = 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.calls: list[str] = []

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        self.calls.append("send")
        yield Outcome(batch["event_id"].to_list(), Verdict.ACCEPTED, platform_request_id="r")

    def processing(self, _platform_request_id: str) -> Processing:
        self.calls.append("ask")
        return Processing("success", final=True)

    def meaning(self, reason: str) -> str:
        return reason

    def unmatched(self, _reason: str) -> bool:
        return False

    def counted_before(self, _reason: str) -> bool:
        return False


def test_nothing_that_is_to_be_sent_waits_until_a_platform_has_said_what_it_counted(ledger: Ledger) -> None:
    store(ledger, entries("a", "b"), queue("a", "b"))
    settings = shop().destinations.meta
    assert settings is not None
    uploader = Asked(settings)
    run(ledger, uploader)
    assert uploader.calls == ["send", "send", "ask", "ask"]
