from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.contract import hubspot, pos_files, salesforce
from tests.connectors.contract.case import Case

CASES = {
    "salesforce by query": salesforce.by_query,
    "salesforce by bulk": salesforce.by_bulk,
    "hubspot": hubspot.by_oauth,
    "pos_files": pos_files.in_a_folder,
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with request.param(tmp_path) as made:
        yield made


@pytest.fixture
def remote(case: Case) -> Case:
    """A case whose system is reached by requests."""
    if not case.is_remote:
        pytest.skip("it is read without requests")
    return case
