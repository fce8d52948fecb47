"""A lane sends each conversion once a run, whatever the platform says of it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.outbox import Outbox
from closedwon.ledger.views.standing import status
from closedwon.pipeline.observer import Silent
from closedwon.pipeline.outgoing.afterwards import Afterwards
from closedwon.pipeline.outgoing.delivery import Lane
from closedwon.pipeline.report import DestinationReport
from tests.ledger.rows import NOW, entries, queue, store
from tests.pipeline.test_refunds import shop
from uploads.base import Outcome, Uploader, Verdict
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
