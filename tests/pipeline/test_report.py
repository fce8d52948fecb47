"""A report is stored and shown to programs: what it says in words holds nobody's data."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from closedwon.pipeline.report import DestinationReport, RunReport, SourceReport


def test_a_file_that_is_named_after_a_customer_is_told_without_them() -> None:
    named = "pos/anna.muster@example.org.csv"
    source = SourceReport("shops", "POS", notes=[f"{named}: 3 rows"], error=f"{named}: gone", advice=named)
    lane = DestinationReport("meta", error=f"{named}!", messages={"100": named}, notes=[named])
    report = RunReport("lumen", datetime.now(UTC), sources=[source], destinations=[lane], errors=[named])
    told = json.dumps(report.as_json())
    assert "anna" not in told
    assert told.count("[e-mail]") == 7
