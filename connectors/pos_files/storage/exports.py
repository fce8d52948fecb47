"""What an export is before anything is known of its content: a name, and bytes that can be opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, NoReturn


@dataclass(frozen=True)
class Opened:
    """An open file.

    Attributes:
        handle: its bytes, which can be read from any place on.
        size, changed_ns: its bytes where it lies, and when it was changed last, in nanoseconds.
        length: how many bytes ``handle`` has; ``sys.maxsize`` where that is not known before they are read.
        version: what its storage calls this very content; empty where it has no name for it.
        unpacked: whether it is what an archive or a compressed file holds: then it is slow to go back in.
        local: whether reading it costs no more than reading a disk.
    """

    handle: BinaryIO
    size: int
    changed_ns: int
    length: int
    version: str = ""
    unpacked: bool = False
    local: bool = True


@dataclass(frozen=True)
class PosFile:
    """One export and how to open it: raises OSError, or FileError where that alone shows that it cannot be read."""

    name: str
    open: Callable[[], AbstractContextManager[Opened]]


def hidden(path: str) -> bool:
    """Whether ``path`` is a spreadsheet's lock, a copy that is still under way, or what a Mac adds to archives."""
    parts = path.split("/")
    return parts[-1].startswith((".", "~$")) or "__MACOSX" in parts


def failing(error: Exception) -> NoReturn:
    """What opens a file that is known to fail: said when its turn comes, so that it does not hide the others."""
    raise error
