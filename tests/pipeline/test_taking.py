"""What one batch leaves behind: one bad entry takes no other with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from closedwon.ledger import Ledger
from tests.pipeline.client import settings
from tests.pipeline.taking import NOW, Intaken


@pytest.mark.parametrize(
    ("spoiled", "note"),
    [
        ({"entered_at": None}, "without a time"),
        ({"record_id": None}, "without a record's id"),
        ({"record_id": "invented@courriel.example"}, "an e-mail address stands"),
    ],
)
def test_an_entry_that_cannot_be_stored_is_set_aside_and_told_of(
    tmp_path: Path, spoiled: dict[str, Any], note: str
) -> None:
    ledger = Ledger.at(tmp_path / "ledger.db")
    crm = Intaken(settings({"won": {"value": 100, "meta": "Won"}}), "crm", ledger)
    good = {"object": "Lead", "record_id": "L1", "stage": "won", "entered_at": NOW, "phone": "+33639980011"}
    crm.take(good, good | {"record_id": "L2"} | spoiled)
    assert list(crm.deliveries()) == [("L1", "won")]
    assert crm.report.set_aside == 1
    assert [note in said for said in crm.report.notes] == [True]
    ledger.close()
