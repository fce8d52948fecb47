"""Which shares of what a platform has judged are worth a warning."""

from __future__ import annotations

from collections import Counter

import pytest

from closedwon.ledger.outgoing.processing import Processed
from closedwon.pipeline.outgoing.afterwards import warnings
from tests.pipeline.client import settings
from uploads.google_data_manager import GoogleDataManagerUploader


@pytest.fixture
def google() -> GoogleDataManagerUploader:
    told = settings({"won": {"value": 1, "google": "1"}}).destinations.google
    assert told is not None and told.transport == "google_data_manager"
    return GoogleDataManagerUploader(told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "warned"),
    [
        (Processed(accepted=10, failed=Counter(EVENT_TOO_OLD=5)), True),
        (Processed(accepted=10, taken_back=5), True),
        (Processed(accepted=10, failed=Counter(DUPLICATE_TRANSACTION_ID=9)), False),
        (Processed(accepted=10, failed=Counter(DUPLICATE_GCLID=9)), False),
        (Processed(accepted=10, pending=9, failed=Counter(EVENT_TOO_OLD=0)), False),
    ],
)
def test_what_was_not_counted_is_warned_of_unless_it_was_counted_before(
    google: GoogleDataManagerUploader, said: Processed, warned: bool
) -> None:
    assert any("warn_processed_below" in line for line in warnings(said, google)) == warned
