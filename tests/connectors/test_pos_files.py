"""The glob of a client's file means the files that its writer meant, wherever the folder lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.sources import PosFilesSettings
from config.types import Written
from connectors.base import SourceError
from connectors.pos_files.storage.exports import PosFile
from connectors.pos_files.storage.files import matching_files
from tests.connectors.pos_till import COLUMNS, Till

FOLDERS = ["acme", "acme [old]", "a*b?c", "[!x]"]


def found(folder: Path, written: str) -> list[PosFile]:
    """The files that ``written`` means in a client's file of ``folder``."""
    document = {"type": "pos_files", "path": Written.within(folder, written), "columns": COLUMNS}
    settings = PosFilesSettings.model_validate(document)
    return matching_files(settings.path, settings)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_called_like_a_glob_is_a_folder(tmp_path: Path, name: str) -> None:
    for folder in (name, "acme o", "axbyc", "y"):
        (tmp_path / folder / "pos").mkdir(parents=True)
        (tmp_path / folder / "pos" / "may.csv").write_text(folder)
    (file,) = found(tmp_path / name, "pos/*.csv")
    with file.open() as opened:
        assert (file.name, opened.handle.read()) == ("may.csv", name.encode())


def test_files_are_named_from_the_first_wildcard_on(tmp_path: Path) -> None:
    (tmp_path / "acme [old]" / "north").mkdir(parents=True)
    (tmp_path / "acme [old]" / "north" / "may.csv").touch()
    (file,) = found(tmp_path / "acme [old]", "[mn]*/*.csv")
    assert file.name == "north/may.csv"


def test_where_nothing_matches_the_folder_is_shown_as_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "acme [old]"
    folder.mkdir()
    with pytest.raises(SourceError) as raised:
        found(folder, "*.csv")
    assert str(raised.value) == f"{folder}/*.csv: no file matches"


def test_locks_of_spreadsheets_and_copies_under_way_are_no_exports(tmp_path: Path) -> None:
    for name in ("~$may.xlsx", ".~lock.may.ods#", ".may.csv.Xa81", "may.csv"):
        (tmp_path / name).touch()
    assert [file.name for file in found(tmp_path, "*")] == ["may.csv"]


def test_a_folder_that_cannot_be_looked_into_is_no_empty_one(till: Till) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,5\n", "north/may.csv")
    (till.folder / "south").symlink_to("south")
    (till.folder / "gone").symlink_to("nowhere")
    result = till.read(pattern="*/*.csv")
    assert result.column("order_id") == ["T1"]
    assert str(result.error) == "south/: Too many levels of symbolic links"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("pattern", ["shop/*.csv", "shop/may.csv", "**/*.csv", "shop/2026/*.csv"])
def test_a_folder_without_permission_is_named(till: Till, pattern: str) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,5\n", "shop/may.csv")
    (till.folder / "shop").chmod(0)
    error = till.read(pattern=pattern).error
    (till.folder / "shop").chmod(0o700)
    assert "Permission denied" in str(error)
    assert "shop" in str(error)


def test_a_folder_that_is_not_there_is_a_mistake_of_the_clients_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist") as raised:
        found(tmp_path, "nowhere/*.csv")
    assert raised.value.configuration
