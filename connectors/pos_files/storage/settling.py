"""Tells a file that may still be written from one that is left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.pos_files.errors import DamagedError, UnfinishedError
from connectors.pos_files.formats.kinds import is_text
from connectors.pos_files.storage.exports import Opened

SETTLING_MINUTES = 15
"""How long a file must have been unchanged before its end counts as its end: longer than any till or copy pauses, and
short enough that an export without a last line end is read the same day.
"""

_NANOSECONDS = 60 * 10**9


def is_settled(opened: Opened) -> bool:
    """Whether the file has been unchanged for so long that nobody can still be writing it."""
    return time.time_ns() - opened.changed_ns >= SETTLING_MINUTES * _NANOSECONDS


def is_whole(opened: Opened) -> bool:
    """Whether nothing is still to come of the file's last line."""
    if opened.unpacked or is_settled(opened) or not is_text(opened.handle):
        return True
    opened.handle.seek(max(opened.length - 1, 0))
    return opened.handle.read(1) in {b"", b"\n", b"\r"}


@contextmanager
def unless_unfinished(opened: Opened) -> Iterator[None]:
    """Let what looks damaged wait for a later run, as long as it may be incomplete only."""
    try:
        yield
    except DamagedError:
        if is_settled(opened):
            raise
        raise UnfinishedError(
            "is still being written, or damaged", "Try again once the file is complete."
        ) from None
