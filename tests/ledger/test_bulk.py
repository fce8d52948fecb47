"""Many rows in and out at once, alike on both databases."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.bulk import read_frame
from closedwon.ledger.incoming.intake import Intake
from tests.ledger.rows import entries, queue, store


def test_more_values_than_one_statement_names_are_all_looked_up(ledger: Ledger) -> None:
    events = [f"{nth:032x}" for nth in range(5_003)]
    store(ledger, entries(*events), queue(*events[:1]))

    found = Intake(ledger, "acme").remembered(pl.Series("event_id", events))

    assert sorted(found["event_id"]) == events
    assert found.select("amount", "time_known", "erased").unique().rows() == [(10.0, True, False)]


def test_cells_that_differ_stay_with_their_rows_beside_cells_that_are_all_alike(ledger: Ledger) -> None:
    told = entries("a", "b", "c").with_columns(
        amount=pl.Series([1.5, None, 3.5]), campaign=pl.lit("spring"), form=pl.lit(None, pl.String)
    )
    store(ledger, told, queue("a"))

    found = Intake(ledger, "acme").remembered(pl.Series("event_id", ["a", "b", "c"]))

    assert sorted(found.select("event_id", "amount").rows()) == [("a", 1.5), ("b", None), ("c", 3.5)]


def test_nothing_and_no_value_at_all_are_looked_up_as_no_rows_of_the_same_columns(ledger: Ledger) -> None:
    store(ledger, entries("a"), queue("a"))
    intake = Intake(ledger, "acme")

    columns = intake.known(pl.Series("event_id", ["a"])).schema

    for none in (pl.Series("event_id", [], dtype=pl.String), pl.Series("event_id", [None])):
        assert intake.known(none).is_empty()
        assert intake.known(none).schema == columns


def test_a_value_with_a_sign_that_databases_do_not_take_is_found_as_it_was_stored(ledger: Ledger) -> None:
    store(ledger, entries("a\0b"), queue("a\0b"))

    assert Intake(ledger, "acme").remembered(pl.Series("event_id", ["a\0b"])).height == 1


def test_an_error_in_the_midst_of_rows_is_the_ledgers(sqlite_url: str) -> None:
    second_fails: Any = text("SELECT abs(value) FROM json_each('[1, -9223372036854775808]')")
    with (
        closing(Ledger(sqlite_url)) as ledger,
        pytest.raises(LedgerError, match="overflow"),
        ledger.reading() as connection,
    ):
        read_frame(connection, second_fails, {"number": pl.Int64})
