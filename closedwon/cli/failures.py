"""How a command ends badly: one clear message, the right exit code, and nobody's data in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""What typer makes of Ctrl-C."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn exceptions into messages on standard error and exit codes."""
    try:
        yield
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _say("stopped; what was done is done, and the next run goes on from there")
        raise
    except BrokenPipeError:
        sys.exit(FAILED)
    except Exception as error:
        sys.exit(_explain(error))


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
