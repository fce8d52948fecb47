from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guarantees.place import Place, opened


@pytest.fixture
def place(tmp_path: Path, ledger_url: str, request: pytest.FixtureRequest) -> Iterator[Place]:
    """The client, its ledger once of each database."""
    server = None if ledger_url.startswith("sqlite") else request.getfixturevalue("postgresql")
    address = (
        f"sqlite:///{tmp_path / 'clients' / '.closedwon' / 'ledger.db'}" if server is None else ledger_url
    )
    with opened(tmp_path, address, server) as made:
        yield made
