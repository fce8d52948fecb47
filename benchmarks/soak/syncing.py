"""`closedwon sync --all` as a process that may be killed, and whose clock may be wrong.

Run as a module it is that process: ``python -m benchmarks.soak.syncing SECONDS ARGUMENT…``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

_LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Sync:
    """How a process ended.

    Attributes:
        code: its exit code; None where it was killed.
        peak_mb: the most memory that it was seen to hold, in MB (10⁶ bytes).
    """

    code: int | None
    seconds: float
    peak_mb: float


def sync(clients: Path, log: Path, *, life: float | None, skew: int, reread: bool) -> Sync:
    """Sync all of ``clients``; after ``life`` seconds the process is killed.

    What it says goes to the end of ``log``.
    """
    command = [
        sys.executable, "-m", "benchmarks.soak.syncing", str(skew),
        "sync", "--all", "--clients", str(clients), *(["--reread"] if reread else []),
    ]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name != "CLOSEDWON_DATABASE_URL"}
    start, peak = time.monotonic(), 0.0
    with log.open("ab") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            while (code := _ended(process)) is None:
                peak = max(peak, _peak_mb(process.pid))
                if life is not None and time.monotonic() - start > life:
                    break
        finally:
            process.kill()
            process.wait()
    return Sync(code, time.monotonic() - start, peak)


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1024 / 1e6 if peaks else 0.0


def main() -> None:
    """The command line, by a clock that is so many seconds ahead."""
    from closedwon.cli import main as closedwon
    from closedwon.cli import sync as command
    from closedwon.pipeline.opening import utc_now
    from closedwon.pipeline.run import run_client

    skew = int(sys.argv.pop(1))

    def wrong_time() -> datetime:
        return utc_now() + timedelta(seconds=skew)

    if skew:
        assert hasattr(command, "run_client")
        command.run_client = partial(run_client, clock=wrong_time)
    closedwon()


if __name__ == "__main__":
    main()
