"""Compressed exports and archives are read without being unpacked to disk, and never more of them than is allowed."""

from __future__ import annotations

import gzip
import struct
import zipfile
from pathlib import Path

import pytest

from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.formats.workbook_grid import check_grid
from connectors.pos_files.storage import unpacking
from tests.connectors.pos_forms import delimited, in_form, receipts, workbook, zipped
from tests.connectors.pos_till import Till

ROWS = receipts(4)
CSV = delimited(ROWS)
ORDERS = ["T0", "T1", "T2", "T3"]
BOMB = b"Ticket;Date;Total;Note\n" + (b"T1;2026-05-01;5;" + b"x" * 1_500 + b"\n") * 2_000


def test_each_member_of_an_archive_is_a_file_of_its_own(till: Till) -> None:
    till.write(
        zipped({"south/may.csv": delimited(ROWS[2:]), "north.csv": delimited(ROWS[:2]) + b"bad\n"}), "may.zip"
    )
    result = till.read()
    assert result.column("order_id") == ORDERS
    assert list(result.cursor["files"]) == ["may.zip/north.csv", "may.zip/south/may.csv"]
    assert [(reject.file, reject.line) for reject in result.rejects] == [("may.zip/north.csv", 4)]
    assert till.read(result.cursor).batches == []


def test_only_the_changed_member_of_an_archive_is_read_again(till: Till) -> None:
    till.write(zipped({"a.csv": delimited(ROWS[:2]), "b.csv": delimited(ROWS[2:3])}), "may.zip")
    first = till.read()
    path = till.write(zipped({"a.csv": delimited(ROWS[:2]), "b.csv": delimited(ROWS[2:])}), "may.zip")
    second = till.read(first.cursor)
    assert second.column("order_id") == ["T3"]
    path.unlink()
    till.write(CSV, "other.csv")
    assert till.read(second.cursor).batches[0].restarted == ("may.zip/a.csv", "may.zip/b.csv")


def test_what_is_no_table_in_an_archive_is_left_alone(till: Till) -> None:
    members = {
        "__MACOSX/._may.csv": b"\0",
        ".hidden.csv": b"x",
        "folder/": b"",
        "terms.pdf": b"%PDF",
        "may.csv": CSV,
    }
    till.write(zipped(members), "may.zip")
    result = till.read()
    assert (result.error, result.column("order_id")) == (None, ORDERS)


def test_an_archive_without_a_table_says_so(till: Till) -> None:
    till.write(zipped({"terms.pdf": b"%PDF"}), "may.zip")
    assert "may.zip: holds no table" in str(till.read().error)


@pytest.mark.parametrize("name", ["may.xlsx", "may.parquet"])
def test_workbooks_and_parquet_files_are_read_within_an_archive(till: Till, name: str) -> None:
    till.write(zipped({name: in_form(name, ROWS)}), "may.zip")
    assert till.read().column("order_id") == ORDERS


def test_a_compressed_file_is_known_by_its_content(till: Till) -> None:
    till.write(gzip.compress(CSV), "may.csv")
    till.write(gzip.compress(workbook(ROWS)), "may.xlsx.gz")
    assert till.read().column("order_id") == ORDERS * 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("outer.zip", zipped({"inner.zip": zipped({"may.csv": CSV})})),
        ("outer.zip", zipped({"may.csv.gz": gzip.compress(CSV)})),
        ("may.csv.gz", gzip.compress(gzip.compress(CSV))),
        ("may.csv.gz", gzip.compress(zipped({"may.csv": CSV}))),
    ],
)
def test_an_archive_within_an_archive_is_refused(till: Till, name: str, content: bytes) -> None:
    till.write(content, name)
    assert "is an archive within an archive" in str(till.read().error)


def test_an_archive_by_another_name_is_refused_with_advice(till: Till) -> None:
    till.write(zipped({"may.csv": CSV}), "may.csv")
    result = till.read()
    assert "is a zip archive by another name" in str(result.error)
    assert result.error is not None
    assert ".zip" in result.error.advice


def test_an_encrypted_archive_says_so_and_does_not_stop_the_others(till: Till) -> None:
    locked = bytearray(zipped({"may.csv": CSV}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", locked, locked.index(signature) + flags, 1)
    till.write(bytes(locked), "a.zip")
    till.write(CSV, "b.csv")
    result = till.read()
    assert result.column("order_id") == ORDERS
    assert "a.zip/may.csv: is protected with a password" in str(result.error)


@pytest.mark.parametrize(
    ("name", "content"), [("bomb.csv.gz", gzip.compress(BOMB)), ("bomb.zip", zipped({"may.csv": BOMB}))]
)
def test_what_unpacks_to_more_than_is_allowed_is_refused(till: Till, name: str, content: bytes) -> None:
    assert len(content) < 1 << 16
    till.write(content, name)
    result = till.read(max_unpacked_mb=2)
    assert f"{name}: unpacks to more than 2 MB" in str(result.error)
    assert result.rows == []
    assert len(till.read(max_unpacked_mb=4).rows) == 2_000


def test_an_archive_that_lies_about_its_size_gives_no_more_than_it_says(till: Till) -> None:
    lying = bytearray(zipped({"may.csv": BOMB}))
    for signature, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.index(signature) + size, 1_000)
    till.write(bytes(lying), "bomb.zip")
    result = till.read(max_unpacked_mb=1)
    assert result.error is None
    assert result.rows == []
    assert "bomb.zip/may.csv: is still being written, or damaged" in result.notes


def test_a_workbook_that_lies_about_its_size_is_unpacked_no_further_than_allowed(tmp_path: Path) -> None:
    lying = bytearray(zipped({"xl/worksheets/sheet1.xml": BOMB}))
    struct.pack_into("<I", lying, lying.index(b"PK\x01\x02") + 24, 1_000)
    path = tmp_path / "may.xlsx"
    path.write_bytes(lying)
    with path.open("rb") as handle, pytest.raises(FileError, match="more than 1 MB"):
        check_grid(handle, 1 << 20)


def test_a_member_whose_bytes_were_damaged_is_an_error_not_fewer_rows(till: Till) -> None:
    stored = zipped({"may.csv": CSV})
    with zipfile.ZipFile(till.write(stored, "may.zip")) as archive:
        start = archive.infolist()[0].header_offset + 30 + len("may.csv")
    damaged = bytearray(stored)
    damaged[start + 20] ^= 0xFF
    till.write(bytes(damaged), "may.zip")
    till.leave(60, "may.zip")
    result = till.read()
    assert result.error is not None
    assert "may.zip/may.csv: is damaged or incomplete" in str(result.error)


def test_nothing_is_unpacked_to_disk(till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    till.write(zipped({"may.csv": CSV, "may.xlsx": workbook(ROWS)}), "pos/may.zip")
    till.write(gzip.compress(CSV), "pos/may.csv.gz")
    till.read(pattern="pos/*")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()].sort() == [
        "may.zip",
        "may.csv.gz",
    ].sort()
    assert list(scratch.iterdir()) == []


def test_a_cut_gzip_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "may.csv.gz"
    path.write_bytes(gzip.compress(CSV)[:-12])
    with path.open("rb") as handle:
        stream = unpacking.Unpacked(gzip.GzipFile(fileobj=handle), 1 << 20)  # type: ignore[arg-type]
        with pytest.raises(DamagedError):
            stream.read()
