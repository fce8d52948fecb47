"""A file that grows is read on, one that is replaced is read anew, and rows are known by order id, not by file."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

from tests.connectors.pos_till import Till

HEAD = "Ticket;Date;Total\n"


def lines(first: int, last: int, total: str = "5.00") -> str:
    return "".join(f"T{number};2026-05-01 10:00;{total}\n" for number in range(first, last + 1))


def append(path: Path, text: str) -> None:
    with path.open("a") as handle:
        handle.write(text)


def test_a_grown_file_is_read_on_from_where_it_ended(till: Till) -> None:
    path = till.write(HEAD + lines(1, 3))
    first = till.read()
    append(path, lines(4, 5))
    second = till.read(first.cursor)
    assert second.column("order_id") == ["T4", "T5"]
    assert [batch.restarted for batch in second.batches] == [()]
    append(path, lines(6, 6))
    assert till.read(second.cursor).column("order_id") == ["T6"]


def test_lines_are_still_counted_from_the_top_of_a_grown_file(till: Till) -> None:
    path = till.write(HEAD + lines(1, 3) + "bad\n")
    first = till.read()
    append(path, lines(4, 4) + "bad\n")
    assert [reject.line for reject in first.rejects + till.read(first.cursor).rejects] == [5, 7]


def test_a_file_that_grows_while_a_killed_run_had_read_half_of_it_goes_on_there(till: Till) -> None:
    path = till.write(HEAD + lines(1, 5))
    half = till.read(batch_rows=2).batches[0].cursor
    append(path, lines(6, 6))
    assert till.read(half).column("order_id") == ["T3", "T4", "T5", "T6"]


def test_a_file_that_was_copied_again_unchanged_is_not_read_again(till: Till) -> None:
    path = till.write(HEAD + lines(1, 3))
    first = till.read()
    os.utime(path, (time.time() + 60, time.time() + 60))
    second = till.read(first.cursor)
    assert (second.rows, second.rejects) == ([], [])
    assert [batch.restarted for batch in second.batches] == [()]
    assert till.read(second.cursor).batches == []


def test_a_grown_file_in_which_an_earlier_row_has_changed_is_read_anew(till: Till) -> None:
    till.write(HEAD + lines(1, 3))
    first = till.read()
    till.write(HEAD + lines(1, 1) + lines(2, 2, "6.00") + lines(3, 4))
    second = till.read(first.cursor)
    assert second.column("order_id") == ["T1", "T2", "T3", "T4"]
    assert second.batches[0].restarted == ("orders.csv",)


def test_a_replaced_file_is_read_anew_though_it_is_longer(till: Till) -> None:
    till.write(HEAD + lines(1, 3))
    first = till.read()
    till.write(HEAD + lines(7, 12))
    assert till.read(first.cursor).column("order_id") == [f"T{number}" for number in range(7, 13)]


def test_a_file_cut_back_to_its_start_is_read_anew(till: Till) -> None:
    till.write(HEAD + lines(1, 9))
    first = till.read()
    till.write(HEAD + lines(1, 2))
    assert till.read(first.cursor).column("order_id") == ["T1", "T2"]


def test_a_last_row_without_a_line_end_is_read_again_when_it_has_grown(till: Till) -> None:
    path = till.write(HEAD + lines(1, 1) + "T2;2026-05-01 10:00;12")
    till.leave(60)
    first = till.read()
    assert first.column("amount") == [5.0, 12.0]
    append(path, "00.50\n" + lines(3, 3))
    assert till.read(first.cursor).column("amount") == [5.0, 1200.5, 5.0]


def test_rows_that_show_the_decimal_mark_only_later_make_the_file_begin_anew(till: Till) -> None:
    path = till.write(HEAD + lines(1, 2, "1240"))
    first = till.read()
    append(path, lines(3, 3, "1,5"))
    second = till.read(first.cursor)
    assert second.column("amount") == [1240.0, 1240.0, 1.5]
    assert second.batches[0].restarted == ("orders.csv",)


def test_a_header_without_rows_can_grow_into_other_headers(till: Till) -> None:
    till.write("Ticket;Date;Total")
    till.leave(60)
    first = till.read()
    assert first.rows == []
    till.write("Ticket;Date;Total;Shop\nT1;2026-05-01 10:00;5;North\n")
    assert till.read(first.cursor, columns={}).column("order_id") == ["T1"]


def test_a_compressed_file_that_grows_is_read_on(till: Till) -> None:
    till.write(gzip.compress((HEAD + lines(1, 3)).encode()), "orders.csv.gz")
    first = till.read()
    till.write(gzip.compress((HEAD + lines(1, 5)).encode()), "orders.csv.gz")
    assert till.read(first.cursor).column("order_id") == ["T4", "T5"]


def test_overlapping_exports_yield_the_same_record_under_the_same_id(till: Till) -> None:
    till.write(HEAD + lines(1, 3), "monday.csv")
    first = till.read()
    till.write(HEAD + lines(2, 4), "tuesday.csv")
    second = till.read(first.cursor)
    assert second.column("record_id") == ["T2", "T3", "T4"]
    old = {row["record_id"]: row for row in first.rows}
    assert [old[row["record_id"]] == row for row in second.rows if row["record_id"] in old] == [True, True]


@pytest.mark.parametrize("again", [True, False])
def test_rejects_of_a_file_that_has_vanished_are_out_of_date(till: Till, again: bool) -> None:
    till.write(HEAD + "bad\n", "a.csv")
    till.write(HEAD + lines(1, 1), "b.csv")
    first = till.read()
    assert [reject.file for reject in first.rejects] == ["a.csv"]
    (till.folder / "a.csv").unlink()
    options = {} if again else {"columns": {"store": "Total"}}
    second = till.read(first.cursor, **options)  # type: ignore[arg-type]
    assert second.batches[0].restarted == ("a.csv",)
    assert list(second.cursor["files"]) == ["b.csv"]
    assert till.read(second.cursor, **options).batches == []  # type: ignore[arg-type]


def test_a_file_that_vanishes_while_others_are_read_has_no_rejects_left(till: Till) -> None:
    till.write(HEAD + lines(1, 2), "a.csv")
    gone = till.write(HEAD + "bad\n", "b.csv")
    first = till.read()
    till.write(HEAD + lines(3, 3), "a.csv")
    gone.write_text(HEAD + "worse\n")
    batches = till.connector().read(first.cursor)
    read = [next(batches)]
    gone.unlink()
    read += batches
    assert read[-1].restarted == ("b.csv",)
    assert read[-1].notes == ("b.csv: vanished before it could be read",)
