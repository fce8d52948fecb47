"""A ledger in a file: this user's alone, and clear about disks that are full or must not be written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.incoming.positions import position
from tests.ledger.rows import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".closedwon" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger.at(path)
    yield opened
    opened.close()


def test_its_files_belong_to_this_user_alone(ledger: Ledger, path: Path) -> None:
    with ledger.lease("acme"):
        ledger.start_run("acme", NOW)
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_ledger_that_others_could_read_is_taken_from_them(ledger: Ledger, path: Path) -> None:
    ledger.start_run("acme", NOW)
    files = [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
    for one in files:
        one.chmod(0o664)
    Ledger.at(path).close()
    assert {stat.S_IMODE(one.stat().st_mode) for one in files if one.exists()} == {0o600}


def test_a_read_only_ledger_is_refused_before_anything_is_read(ledger: Ledger, path: Path) -> None:
    ledger.close()
    path.chmod(0o400)
    with pytest.raises(LedgerError, match=r"read-only.*chmod 600"):
        Ledger.at(path)


def test_a_ledger_that_turns_read_only_says_so(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with pytest.raises(LedgerError, match="read-only"):
        Ledger(f"sqlite:///file:{path}?mode=ro&uri=true").start_run("acme", NOW)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"file/ledger\.db"):
        Ledger.at(tmp_path / "file" / "ledger.db")


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, but a letter " * 100)
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.at(path)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from closedwon.ledger import Ledger, LedgerError\n"
        "from tests.ledger.rows import entries, queue, store\n"
        "ledger = Ledger.at(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))\n"
        "try:\n"
        "    for batch in range(1000):\n"
        "        ids = [f'{batch}-{n}' for n in range(200)]\n"
        "        store(ledger, entries(*ids), queue(*ids), cursor={'batch': batch})\n"
        "        print(batch, flush=True)\n"
        "except LedgerError as error:\n"
        "    sys.exit(str(error))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True, text=True, check=False, timeout=120, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert result.returncode == 1
    assert "disk" in result.stderr
    assert "free some space" in result.stderr
    stored = int(result.stdout.split()[-1])
    ledger = Ledger.at(path)
    found = position(ledger, "acme", "crm")
    assert found is not None
    assert found.cursor == {"batch": stored}
    with ledger.reading() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar()
    assert counted == (stored + 1) * 200
    ledger.close()
