"""Customers that cannot be read stop their orders, which would else be known for orders of nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.pos_files.storage import settling
from tests.connectors.pos_forms import zipped
from tests.connectors.pos_till import Till

ORDERS = "Ticket,Date,Total,Card\nT1,2026-05-01 10:00,5,C1\nT2,2026-05-01 10:00,5,C2\n"
PEOPLE = "Card,E-mail\nC1,ada@example.com\n"
DAMAGED = zipped({"may.csv": PEOPLE.encode()})[:-30]
UNREADABLE = Path("/proc/self/mem")


def joined(till: Till, pattern: str = "customers/*") -> dict[str, Any]:
    customers = {
        "path": str(till.folder / pattern),
        "order_key": "Card",
        "key": "Card",
        "columns": {"email": "E-mail"},
    }
    return {"pattern": "*.csv", "customers": customers}


@pytest.fixture
def shop(till: Till) -> Till:
    till.write(ORDERS)
    return till


@pytest.mark.parametrize(("minutes", "configuration"), [(0, False), (60, True)])
def test_a_damaged_archive_of_customers_is_said_and_no_order_is_read(
    shop: Till, minutes: float, configuration: bool
) -> None:
    shop.write(DAMAGED, "customers/c.zip")
    shop.leave(minutes, "customers/c.zip")
    result = shop.read(**joined(shop))
    assert result.rows == []
    assert "customers: c.zip: is" in str(result.error)
    assert result.error is not None
    assert result.error.configuration == configuration
    assert shop.connector(**joined(shop)).total(None) is None


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that the system refuses to read")
def test_customers_that_the_system_cannot_read_are_said_in_a_check_and_in_a_run(shop: Till) -> None:
    (shop.folder / "customers").mkdir()
    (shop.folder / "customers/c.csv").symlink_to(UNREADABLE)
    assert str(shop.read(**joined(shop)).error) == "customers: c.csv: Input/output error"
    (check,) = shop.connector(**joined(shop)).check()
    assert not check.ok
    assert "customers: c.csv: Input/output error" in check.message


def test_half_an_address_of_a_customer_who_is_still_being_written_is_never_taken(shop: Till) -> None:
    shop.write(PEOPLE + "C2,zoe@example.co", "customers/c.csv")
    first = shop.read(**joined(shop))
    assert first.column("email") == ["ada@example.com", None]
    shop.write(PEOPLE + "C2,zoe@example.com\n", "customers/c.csv")
    again = shop.read(first.cursor, **joined(shop))
    assert again.column("email") == ["ada@example.com", "zoe@example.com"]


def test_the_last_customer_counts_once_the_file_was_left_alone(
    shop: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(PEOPLE + "C2,zoe@example.com", "customers/c.csv")
    first = shop.read(**joined(shop))
    assert first.column("email") == ["ada@example.com", None]
    monkeypatch.setattr(settling, "SETTLING_MINUTES", 0)
    assert shop.read(first.cursor, **joined(shop)).column("email") == ["ada@example.com", "zoe@example.com"]


def test_customers_that_are_whole_are_read_once(shop: Till) -> None:
    shop.write(PEOPLE, "customers/c.csv")
    first = shop.read(**joined(shop))
    assert first.column("email") == ["ada@example.com", None]
    assert shop.read(first.cursor, **joined(shop)).batches == []
