"""The command line: one small module a command, each importing what it needs only when it runs."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of ``closedwon``. Exit codes: 0 all done, 1 failed or incomplete, 2 wrong usage or configuration."""
    from closedwon.cli.app import app
    from closedwon.cli.failures import reported

    with reported():
        app(prog_name="closedwon")
    sys.exit(0)
