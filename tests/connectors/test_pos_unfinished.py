"""A file may be read while its till is still writing it, and half a row is never taken for a whole one."""

from __future__ import annotations

import pytest

from connectors.pos_files.storage import settling
from tests.connectors.pos_forms import in_form, receipts
from tests.connectors.pos_till import Till

HEAD = "Ticket;Date;Total\n"
FIRST = "T1;2026-05-01 10:00;5.20\n"
HALF = "T2;2026-05-01 10:00;1"
REST = "200.00\n"


def test_a_row_that_is_half_written_waits_until_it_is_whole(till: Till) -> None:
    till.write(HEAD + FIRST + HALF)
    first = till.read()
    assert first.column("order_id") == ["T1"]
    assert any("orders.csv: the last line has no line end yet" in note for note in first.notes)
    till.write(HEAD + FIRST + HALF + REST)
    second = till.read(first.cursor)
    assert list(zip(second.column("order_id"), second.column("amount"), strict=True)) == [("T2", 1200.0)]
    assert till.read(second.cursor).batches == []


def test_a_row_that_is_half_written_within_quotes_waits_too(till: Till) -> None:
    head = "Ticket;Date;Total;Note\n"
    row, rest = 'T1;2026-05-01 10:00;5.20;"two\n', 'lines"\n'
    till.write(head + row)
    first = till.read()
    assert (first.rows, first.rejects) == ([], [])
    till.write(head + row + rest)
    second = till.read(first.cursor)
    assert (second.column("order_id"), second.rejects) == (["T1"], [])


def test_a_file_that_was_left_alone_is_whole_without_a_last_line_end(till: Till) -> None:
    till.write(HEAD + FIRST + HALF)
    till.leave(14)
    assert till.read().column("amount") == [5.2]
    till.leave(16)
    result = till.read()
    assert result.column("amount") == [5.2, 1.0]
    assert not any("line end" in note for note in result.notes)
    assert till.read(result.cursor).batches == []


def test_every_run_looks_for_the_rest_of_the_row_until_time_says_that_there_is_none(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.write(HEAD + FIRST + HALF)
    first = till.read()
    again = till.read(first.cursor)
    assert (again.rows, again.cursor) == ([], first.cursor)
    assert any("no line end yet" in note for note in again.notes)
    monkeypatch.setattr(settling, "SETTLING_MINUTES", 0)
    last = till.read(again.cursor)
    assert last.column("order_id") == ["T2"]
    assert till.read(last.cursor).batches == []


def test_half_a_value_does_not_decide_how_the_others_are_read(till: Till) -> None:
    till.write(HEAD + "T1;2026-05-01 10:00;5,20\nT2;2026-05-01 10:00;1.20")  # of 1.200,00
    result = till.read()
    assert result.error is None
    assert result.column("amount") == [5.2]


def test_headers_that_are_half_written_are_no_mistake(till: Till) -> None:
    till.write(HEAD[:10])
    first = till.read()
    assert (first.error, first.rows) == (None, [])
    assert first.notes == ["orders.csv: the headers are still being written"]
    till.write(HEAD + FIRST)
    assert till.read(first.cursor).column("order_id") == ["T1"]
    till.write(HEAD[:10])
    till.leave(16)
    assert till.read().error is not None


def test_what_is_written_while_the_file_is_being_read_waits_for_the_next_run(till: Till) -> None:
    path = till.write(HEAD + FIRST + FIRST.replace("T1", "T2"))
    till.leave(60)
    batches = till.connector(batch_rows=1).read(None)
    read = [next(batches)]
    with path.open("a") as export:
        export.write(HALF.replace("T2", "T3"))
    read += batches
    assert [order for batch in read for order in batch.entries["order_id"]] == ["T1", "T2"]
    with path.open("a") as export:
        export.write(REST)
    assert till.read(read[-1].cursor).column("amount") == [1200.0]


def test_a_check_does_not_judge_half_a_row(till: Till) -> None:
    till.write(HEAD + "T1;2026-05-01 10:00;5,20\nT2;2026-05-01 10:00;1.20")
    assert all(check.ok for check in till.connector().check())


@pytest.mark.parametrize("name", ["may.csv.gz", "may.zip", "may.xlsx", "may.parquet"])
def test_a_packed_file_that_is_cut_short_waits_and_is_an_error_once_nobody_writes_it(
    till: Till, name: str
) -> None:
    whole = in_form(name, receipts(2_000))
    till.write(whole[: len(whole) * 2 // 3], name)
    first = till.read()
    assert (first.error, first.rows) == (None, [])
    assert f"{name}: is still being written, or damaged" in first.notes
    assert all(check.ok for check in till.connector().check())
    till.leave(16, name)
    late = till.read(first.cursor)
    assert late.error is not None
    assert name in str(late.error)
    till.write(whole, name)
    assert till.read(first.cursor).column("order_id") == [f"T{number}" for number in range(2_000)]
