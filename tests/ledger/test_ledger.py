"""The ledger's promises on either database: atomic, private, migrated, and clear when it cannot go on."""

from __future__ import annotations

import polars as pl
import pytest

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.incoming.positions import position
from tests.ledger.rows import entries, queue, store


def test_opening_it_again_finds_what_was_stored(ledger: Ledger, ledger_url: str) -> None:
    store(ledger, entries("a"), queue("a"), cursor={"at": 1})
    again = Ledger(ledger_url)
    found = position(again, "acme", "crm")
    assert found is not None
    assert found.cursor == {"at": 1}
    again.close()


def test_a_batch_and_its_cursor_are_stored_together_or_not_at_all(ledger: Ledger) -> None:
    broken = queue("a").with_columns(state=pl.lit(None, dtype=pl.String))
    with pytest.raises(LedgerError):
        store(ledger, entries("a"), broken, cursor={"at": 1})
    assert position(ledger, "acme", "crm") is None
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM stage_entries").scalar() == 0


def test_an_error_never_quotes_what_was_to_be_stored(ledger: Ledger) -> None:
    secret = "quinn@" + "example.com"
    broken = queue("a", payload=secret).with_columns(state=pl.lit(None, dtype=pl.String))
    with pytest.raises(LedgerError, match="state") as caught:
        store(ledger, entries("a"), broken, cursor={})
    assert secret not in str(caught.value)


def test_a_reader_sees_one_moment_throughout(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar()
        store(ledger, entries("a"), queue("a"))
        assert connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar() == before
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar() == 1


def test_many_rows_are_stored_as_few_are(ledger: Ledger) -> None:
    ids = [f"{number}" for number in range(2_000)]
    odd = pl.Series(["", None, 'a "quoted", one', "two\nlines", "\\.", "\\N", "é✓"]).extend_constant(
        None, 1_993
    )
    first = queue(*ids).with_columns(reason=odd, value=pl.lit(None, dtype=pl.Float64))
    store(ledger, entries(*ids), first)
    with ledger.reading() as connection:
        rows = dict(connection.exec_driver_sql("SELECT event_id, reason FROM deliveries").all())
    assert [rows[one] for one in ids] == odd.to_list()
    store(ledger, entries(*ids), queue(*ids, value=0.1 + 0.2))
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT value FROM deliveries").all() == [(0.1 + 0.2,)]


def test_text_that_a_database_cannot_hold_is_stored_without_it(ledger: Ledger) -> None:
    store(ledger, entries("a").with_columns(record_id=pl.lit("00Q\x001")), queue("a"))
    with ledger.reading() as connection:
        found = connection.exec_driver_sql("SELECT record_id FROM stage_entries").scalar()
    assert found is not None
    assert found.startswith("00Q")
    assert found.endswith("1")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mysql://ada:very-secret@db.example/closedwon", "got a mysql address"),
        ("postgresql://ada:very-secret@x:y@db.example:port/closedwon", "cannot be read"),
        ("very-secret", "cannot be read"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_quoted(address: str, expected: str) -> None:
    with pytest.raises(LedgerError, match=expected) as caught:
        Ledger(address)
    assert "very-secret" not in str(caught.value)
