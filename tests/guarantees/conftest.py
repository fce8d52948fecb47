from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guarantees.clients import SCHOOL_WITH_TILLS, SHOPS_ON_GOOGLE_ADS
from tests.guarantees.place import Place, opened
from tests.guarantees.processes import Processes, helping
from tests.guarantees.sandboxes import Stand, serving


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with helping() as helpers:
        yield helpers


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    with serving() as made:
        yield made


@pytest.fixture(scope="session")
def google_ads_stand() -> Iterator[Stand]:
    with serving(google_ads=True) as made:
        yield made


@pytest.fixture
def place(
    tmp_path: Path, stand: Stand, processes: Processes, ledger_url: str, request: pytest.FixtureRequest
) -> Place:
    """The school, its ledger once of each database."""
    if ledger_url.startswith("sqlite"):
        return opened(tmp_path, stand, SCHOOL_WITH_TILLS, processes, _beside_the_client(tmp_path))
    server = request.getfixturevalue("postgresql")
    return opened(tmp_path, stand, SCHOOL_WITH_TILLS, processes, ledger_url, server)


@pytest.fixture
def shops(tmp_path: Path, google_ads_stand: Stand, processes: Processes) -> Place:
    """The shops on the Google Ads API, their ledger a file."""
    address = _beside_the_client(tmp_path)
    return opened(tmp_path, google_ads_stand, SHOPS_ON_GOOGLE_ADS, processes, address)


def _beside_the_client(folder: Path) -> str:
    return f"sqlite:///{folder / 'clients' / '.closedwon' / 'ledger.db'}"
