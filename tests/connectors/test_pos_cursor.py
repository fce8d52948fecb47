"""A file is read once as it is, from where a killed run left it, and again when it has changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from connectors.base import Connector, Cursor
from tests.connectors.pos_till import Till

HEAD = "Ticket,Date,Total,Note\n"


def export(first: int, last: int) -> str:
    return HEAD + "".join(
        f'T{number},2026-05-01 10:00,{number},"a\nb"\n' for number in range(first, last + 1)
    )


def stored(cursor: Cursor) -> Cursor:
    """A cursor as the ledger gives it back."""
    loaded: Cursor = json.loads(json.dumps(cursor))
    return loaded


def test_it_is_a_connector(till: Till) -> None:
    assert isinstance(till.connector(), Connector)


def test_an_unchanged_file_is_not_read_again(till: Till) -> None:
    till.write(export(1, 5))
    first = till.read()
    assert len(first.rows) == 5
    assert till.read(stored(first.cursor)).batches == []


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_killed_run_goes_on_behind_the_last_stored_batch(till: Till, rows: int) -> None:
    till.write(export(1, 4), "a.csv")
    till.write(export(5, 7) + "bad\n", "b.csv")
    whole = till.read(batch_rows=rows)
    for number, batch in enumerate(whole.batches, 1):
        rest = till.read(stored(batch.cursor), batch_rows=rows)
        before = sum(len(earlier.entries) for earlier in whole.batches[:number])
        assert rest.rows == whole.rows[before:]
    assert [reject.line for reject in whole.rejects] == [8]
    resumed = till.read(stored(whole.batches[-2].cursor), batch_rows=rows)
    assert [reject.line for reject in resumed.rejects] == [8]


def test_the_same_cursor_twice_yields_the_same(till: Till) -> None:
    till.write(export(1, 6))
    cursor = stored(till.read(batch_rows=4).batches[0].cursor)
    assert till.read(cursor).rows == till.read(cursor).rows


def test_a_file_replaced_half_way_is_read_again_from_its_start(till: Till) -> None:
    path = till.write(export(1, 3))
    partial = till.read(batch_rows=2).batches[0].cursor
    times = path.stat()
    till.write(export(4, 6))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert till.read(stored(partial)).column("order_id") == ["T4", "T5", "T6"]


def test_a_batch_says_which_file_begins_anew_with_it(till: Till) -> None:
    till.write(export(1, 3), "a.csv")
    till.write(export(4, 5), "b.csv")
    whole = till.read(batch_rows=2)
    assert whole.batches[0].restarted == ("a.csv",)
    assert [batch.restarted for batch in whole.batches if batch.restarted] == [("a.csv",), ("b.csv",)]
    resumed = till.read(stored(whole.batches[0].cursor), batch_rows=2)
    assert [batch.restarted for batch in resumed.batches if batch.restarted] == [("b.csv",)]


@pytest.mark.parametrize("mended", [export(1, 4), ""])
def test_a_file_that_has_changed_begins_anew(till: Till, mended: str) -> None:
    till.write(export(1, 2) + "bad\n")
    first = till.read()
    assert len(first.rejects) == 1
    till.write(mended)
    assert [batch.restarted for batch in till.read(stored(first.cursor)).batches] == [("orders.csv",)]


def test_a_new_file_is_read_and_a_deleted_one_forgotten(till: Till) -> None:
    till.write(export(1, 2), "a.csv").chmod(0o600)
    cursor = stored(till.read().cursor)
    (till.folder / "a.csv").unlink()
    till.write(export(3, 4), "b.csv")
    result = till.read(cursor)
    assert result.column("order_id") == ["T3", "T4"]
    assert list(result.cursor["files"]) == ["b.csv"]


def test_a_new_mapping_reads_old_files_again(till: Till) -> None:
    till.write(export(1, 2))
    cursor = stored(till.read().cursor)
    result = till.read(cursor, columns={"extra.note": "Note"})
    assert result.column("extra.note") == ["a\nb", "a\nb"]
    assert till.read(cursor, batch_rows=1).batches == []


def test_a_file_that_failed_is_tried_again_and_does_not_hide_the_others(till: Till) -> None:
    till.write("Wrong,Headers\n1,2\n", "a.csv")
    till.write(export(1, 2), "b.csv")
    first = till.read()
    assert first.error is not None
    till.write(export(3, 4), "a.csv")
    assert till.read(stored(first.cursor)).column("order_id") == ["T3", "T4"]


def test_a_file_that_vanishes_before_it_is_opened_is_said(till: Till) -> None:
    till.write(export(1, 2), "a.csv")
    gone = till.write(export(3, 4), "b.csv")
    batches = till.connector().read(None)
    first = next(batches)
    gone.unlink()
    rest = list(batches)
    assert [note for batch in rest for note in batch.notes] == ["b.csv: vanished before it could be read"]
    assert list(rest[-1].cursor["files"]) == list(first.cursor["files"]) == ["a.csv"]


def test_files_are_read_in_the_order_of_their_paths_and_hidden_ones_left(till: Till) -> None:
    for name in ("b/2.csv", "a/9.csv", "a/.1.csv"):
        till.write(export(1, 1), name)
    result = till.read(pattern="**/*.csv")
    assert list(result.cursor["files"]) == ["a/9.csv", "b/2.csv"]


def test_the_total_counts_the_lines_that_are_still_to_be_read(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,5,\n" * 10, "a.csv")
    till.write(HEAD + "T1,2026-05-01,5,\n" * 5, "b.csv")
    connector = till.connector(batch_rows=4)
    assert connector.total(None) == 15
    cursors = [stored(batch.cursor) for batch in connector.read(None)]
    assert [connector.total(cursor) for cursor in cursors] == [11, 7, 5, 1, 0]


def test_the_total_is_unknown_without_files(till: Till) -> None:
    assert till.connector().total(None) is None


def test_check_says_how_each_file_is_read(till: Till) -> None:
    till.write("Ticket;Date;Total\nT1;31/01/2026;5,20\n", "a.csv")
    till.write("Nothing\n", "b.csv")
    found, good, bad = till.connector().check()
    assert found.ok
    assert good.ok
    assert "delimiter semicolon, decimal comma, day before month" in good.message
    assert any(("order_id", "Ticket") in table.rows for table in good.details)
    assert not bad.ok


def test_check_says_that_there_is_no_file(tmp_path: Path) -> None:
    checks = Till(tmp_path).connector(pattern="*.csv").check()
    assert [check.ok for check in checks] == [False]
    assert "no file matches" in checks[0].message
