"""A dry run, which stores nothing, counts as a run would that does."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from closedwon.ledger import Ledger
from closedwon.pipeline.incoming.taking import Taker
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.opening import open_uploader
from closedwon.pipeline.report import DestinationReport, SourceReport
from connectors.base import Batch
from connectors.entries import stage_entries
from tests.pipeline.shop import NOW, shop


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_read_twice_counts_once(ledger: Ledger, dry_run: bool) -> None:
    settings = shop()
    lane = DestinationReport("meta")
    taker = Taker(
        settings=settings,
        ledger=ledger,
        funnel=Funnel(settings),
        uploaders={"meta": open_uploader(settings, "meta")},
        clock=lambda: NOW,
        name="crm",
        rules="1",
        complete_at=None,
        report=SourceReport("crm", "Salesforce"),
        reports={"meta": lane},
        dry_run=dry_run,
    )
    for ids in (["L1", "L2"], ["L2", "L3"]):
        rows = pl.DataFrame(
            {
                "record_id": ids,
                "stage": "lead",
                "entered_at": NOW - timedelta(hours=2),
                "email": [None if one == "L1" else "ada.invented@courriel.example" for one in ids],
            }
        )
        taker.take(Batch(stage_entries(rows, source="crm", object_name="Lead"), {}, len(ids)))
    skipped = lane.skipped.total() - lane.skipped["already_known"]
    assert (lane.queued + skipped, lane.skipped["already_known"]) == (3, 1)
