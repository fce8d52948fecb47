"""Logging for the command line: our own words at the level asked for, and of everybody else's no word at all.

An SDK's record may quote a whole request: people's hashes, click ids, a URL with its token. What is told of one is who
spoke and where, as of an error that nobody foresaw: enough to look it up in the SDK's source.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from types import TracebackType
from typing import Any, TextIO

from config.redaction import RedactingFormatter

_LEVELS = (logging.CRITICAL, logging.INFO, logging.DEBUG)
OURS = ("closedwon", "connectors", "uploads", "matching", "config")
"""The packages whose loggers follow what was asked for."""

_TALKATIVE = (
    "GOOGLE_SDK_PYTHON_LOGGING_SCOPE",
    "GRPC_TRACE",
    "GRPC_VERBOSITY",
    "S3FS_LOGGING_LEVEL",
)
"""Variables of the environment by which SDKs print requests past every handler of ours."""


def start_logging(verbosity: int) -> None:
    """Log to standard error; ``verbosity`` 0 leaves all to the report, 1 tells of retries, 2 of everything.

    Must be called before any SDK is imported: some read the environment then.
    """
    for name in _TALKATIVE:
        os.environ.pop(name, None)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_worth_saying)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING if verbosity else logging.CRITICAL)
    for name in OURS:
        logging.getLogger(name).setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])
    # What cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    warnings.showwarning = _warned
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_ended


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _worth_saying(record: logging.LogRecord) -> bool:
    """A library that turned its own logger up is still heard from a warning on."""
    return _is_ours(record) or record.levelno >= logging.WARNING


class _Formatter(RedactingFormatter):
    def format(self, record: logging.LogRecord) -> str:
        if _is_ours(record):
            return super().format(record)
        where = f"said something at {record.filename}:{record.lineno}"
        return super().format(
            logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, where, (), None)
        )


_log = logging.getLogger(__name__)


def _warned(
    message: Warning | str,  # noqa: ARG001 (it may quote a cell)
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    _log.info("%s at %s:%d", category.__name__, filename, lineno)


def _unraisable(unraisable: Any) -> None:
    _ended("an object that was thrown away", unraisable.exc_type, unraisable.exc_traceback)


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    _ended("a thread", args.exc_type, args.exc_traceback)


def _ended(what: str, kind: type[BaseException], place: TracebackType | None) -> None:
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    _log.warning("%s ended in %s%s", what, kind.__name__, where)
