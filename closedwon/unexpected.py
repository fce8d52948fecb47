"""What is told of an error that nobody foresaw: its type and place, never its text, which may quote somebody's data."""

from __future__ import annotations

import logging
import traceback


def unexpected(error: Exception, log: logging.Logger, where: str = "") -> str:
    """Words for the user; the place goes to ``log`` at debug level, which ``-vv`` shows."""
    log.debug("%s: %s", where or "closedwon", "".join(traceback.format_tb(error.__traceback__)))
    return f"unexpected {type(error).__name__}; -vv shows where"
