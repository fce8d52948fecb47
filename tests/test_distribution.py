"""The built wheel holds the whole application, and nothing but it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("closedwon-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "content")
    return folder / "content"


def test_it_holds_the_rooms_and_their_data(unpacked: Path) -> None:
    for path in (
        "closedwon/py.typed",
        "closedwon/ledger/database/migrations/env.py",
        "closedwon/ledger/database/migrations/versions/v0001_first_ledger.py",
        "config/clients/lead-generation.yaml",
        "config/clients/agency/_defaults.yaml",
        "connectors/salesforce/__init__.py",
        "matching/fields.py",
        "uploads/meta.py",
    ):
        assert (unpacked / path).is_file(), path


def test_it_holds_neither_tests_nor_secrets(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"closedwon", "config", "connectors", "matching", "uploads"}
    assert not [path for path in unpacked.rglob("*") if path.name == ".env" or path.suffix in {".pem", ".db"}]


def test_it_works_away_from_its_repository(unpacked: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-c", "from closedwon.cli import main; main()", "hash", "--platform", "meta"],
        input='{"email": " Quinn@Example.com "}\n',
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert "quinn@example.com" in result.stdout
