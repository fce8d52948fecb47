"""The glob of a client's file means the files that its writer meant, wherever the folder lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.sources import PosFilesSettings
from config.types import Written
from connectors.base import SourceError
from connectors.pos_files.files import matching_files
from tests.connectors.pos_till import COLUMNS

FOLDERS = ["acme", "acme [old]", "a*b?c", "[!x]"]


def pattern(folder: Path, written: str) -> Path:
    document = {"type": "pos_files", "path": Written.within(folder, written), "columns": COLUMNS}
    return PosFilesSettings.model_validate(document).path


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_called_like_a_glob_is_a_folder(tmp_path: Path, name: str) -> None:
    for folder in (name, "acme o", "axbyc", "y"):
        (tmp_path / folder / "pos").mkdir(parents=True)
        (tmp_path / folder / "pos" / "may.csv").touch()
    (file,) = matching_files(pattern(tmp_path / name, "pos/*.csv"))
    assert (file.name, file.path) == ("may.csv", tmp_path / name / "pos" / "may.csv")


def test_files_are_named_from_the_first_wildcard_on(tmp_path: Path) -> None:
    (tmp_path / "acme [old]" / "north").mkdir(parents=True)
    (tmp_path / "acme [old]" / "north" / "may.csv").touch()
    (file,) = matching_files(pattern(tmp_path / "acme [old]", "[mn]*/*.csv"))
    assert file.name == "north/may.csv"


def test_where_nothing_matches_the_folder_is_shown_as_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "acme [old]"
    folder.mkdir()
    with pytest.raises(SourceError) as raised:
        matching_files(pattern(folder, "*.csv"))
    assert str(raised.value) == f"{folder}/*.csv: no file matches"
