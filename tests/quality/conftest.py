"""A ledger where what is tested does not depend on the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closedwon.ledger import Ledger


@pytest.fixture
def tmp_path_ledger(sqlite_url: str) -> Iterator[Ledger]:
    """An empty ledger in a file."""
    opened = Ledger(sqlite_url)
    yield opened
    opened.close()
