"""A shop with a CRM and a till, for the tests of what its records lend each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.shop import Shop


@pytest.fixture
def acme(tmp_path: Path, ledger_url: str) -> Iterator[Shop]:
    opened = Shop(tmp_path, url=ledger_url)
    yield opened
    opened.ledger.close()
