"""Whatever is written of people can be read by nobody else, however careless the shell."""

from __future__ import annotations

import stat
import subprocess
import time
from pathlib import Path

from tests.end_to_end.stage import SHOPS, Stage, environment


def modes(folder: Path) -> dict[str, int]:
    """What everybody may do with each file and folder that is there just now."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        try:
            found[str(path.relative_to(folder))] = stat.S_IMODE(path.stat().st_mode)
        except FileNotFoundError:
            continue
    return found


def test_everything_beside_the_ledger_is_for_this_user_alone(stage: Stage, tmp_path: Path) -> None:
    kept, temporary = stage.clients / ".closedwon", tmp_path / "temporary"
    temporary.mkdir(mode=0o700)
    spoil = next((stage.clients / "pos").glob("*.csv"))
    spoil.write_bytes(spoil.read_bytes() + b"not,a,row\n")
    seen: dict[str, int] = {}
    with subprocess.Popen(
        stage.command("sync", SHOPS, "--clients", str(stage.clients)),
        env={**environment(), "TMPDIR": str(temporary)},
        umask=0,
        stdout=subprocess.DEVNULL,
    ) as run:
        while run.poll() is None:
            seen |= modes(kept) if kept.exists() else {}
            seen |= {f"temporary/{name}": mode for name, mode in modes(temporary).items()}
            time.sleep(0.02)
    seen |= modes(kept)
    assert {"ledger.db", "ledger.db-wal", "ledger.db-shm"} <= seen.keys()
    assert any(name.endswith(".lock") for name in seen)
    assert any(name.startswith("rejects/") for name in seen)
    assert {name: oct(mode) for name, mode in seen.items() if mode & 0o077} == {}
