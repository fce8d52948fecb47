"""How a command ends badly: one clear message, the right exit code, and nobody's data in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""What typer makes of Ctrl-C."""


_STOPPED = "stopped; what was done is done, and the next run goes on from there"


@contextmanager
def reported() -> Iterator[None]:
    """Turn exceptions into messages on standard error and exit codes."""
    try:
        yield
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _say(_STOPPED)
        raise
    except BrokenPipeError:
        sys.exit(FAILED)
    except Exception as error:
        sys.exit(_explain(error))


def abandon() -> NoReturn:
    """End the process with whatever its threads are doing: Python by itself would wait for them."""
    _say(_STOPPED)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def _explain(error: Exception) -> int:
    from closedwon.ledger.errors import LedgerError
    from config import ConfigurationError

    if isinstance(error, ConfigurationError):
        _say(str(error))
        return MISUSED
    if isinstance(error, LedgerError):
        _say(str(error))
        return FAILED
    import logging

    from closedwon.unexpected import unexpected

    said = unexpected(error, logging.getLogger("closedwon"))
    _say(f"{said}. What was committed stays; please report it.")
    return FAILED


def _say(message: str) -> None:
    from config.redaction import redact

    print(f"closedwon: {redact(message)}", file=sys.stderr)  # noqa: T201
