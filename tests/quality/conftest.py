"""A ledger where what is tested does not depend on the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from closedwon.ledger import Ledger


@pytest.fixture
def tmp_path_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in a file."""
    opened = Ledger.at(tmp_path / "ledger.db")
    yield opened
    opened.close()
