"""Logging for the command line: our own words at the level asked for, the SDKs' never below warning."""

from __future__ import annotations

import logging
import sys

from config.redaction import RedactingFormatter

_LEVELS = (logging.CRITICAL, logging.INFO, logging.DEBUG)
OURS = ("closedwon", "connectors", "uploads", "matching", "config")
"""The packages whose loggers follow what was asked for."""


def start_logging(verbosity: int) -> None:
    """Log to standard error; ``verbosity`` 0 leaves all to the report, 1 tells of retries, 2 of everything.

    The SDKs' debug records carry whole requests, URLs with tokens among them, so they are never let through.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING if verbosity else logging.CRITICAL)
    for name in OURS:
        logging.getLogger(name).setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])
