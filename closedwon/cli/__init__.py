"""The command line: one small module a command, each importing what it needs only when it runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

_VERBOSITY = re.compile(r"-v+|--verbose")


def main() -> None:
    """Entry point of ``closedwon``. Exit codes: 0 all done, 1 failed or incomplete, 2 wrong usage or configuration."""
    from closedwon.cli.app import app
    from closedwon.cli.failures import reported

    with reported():
        app(verbosity_first(sys.argv[1:]), prog_name="closedwon")
    sys.exit(0)


def verbosity_first(arguments: Sequence[str]) -> list[str]:
    """``arguments`` with each ``-v`` before the command: people add it at the end, once the command has failed."""
    return sorted(arguments, key=lambda one: _VERBOSITY.fullmatch(one) is None)
