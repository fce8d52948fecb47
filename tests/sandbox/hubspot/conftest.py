"""A small portal, for the tests of each part of the HubSpot server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closedwon.sandbox.server import RunningSandbox
from tests.sandbox.small_portal import CONTACTS, PortalClient, people, serve


@pytest.fixture(scope="module")
def reader() -> Iterator[PortalClient]:
    """A client of a portal that nothing in a module changes."""
    with serve(*people(CONTACTS)) as running:
        yield PortalClient(running.url)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(*people(CONTACTS)) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> PortalClient:
    return PortalClient(sandbox.url)
