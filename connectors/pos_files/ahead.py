"""Says how many rows a run is about to visit, as far as that is cheap to know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from connectors.pos_files.cursor import Progress, Stamp
from connectors.pos_files.errors import FileError
from connectors.pos_files.formats.kinds import is_text
from connectors.pos_files.storage.exports import Opened, PosFile

_COUNTED_BYTES = 200 << 20
_SAMPLE_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20


def rows_ahead(files: Iterable[PosFile], progress: Progress) -> int | None:
    """Lines behind the places that were reached; ``None`` where a file would have to be read to know.

    Files of more than 200 MiB are estimated by their next 4 MiB; one that cannot be opened counts nothing.
    """
    total = 0
    for file in files:
        try:
            with file.open() as opened:
                lines = _lines(file.name, opened, progress)
        except (FileError, OSError):
            continue
        if lines is None:
            return None
        total += lines
    return total


def _lines(name: str, opened: Opened, progress: Progress) -> int | None:
    stamp = Stamp.of(opened)
    if progress.is_done(name, stamp):
        return 0
    if opened.unpacked or not opened.local or not is_text(opened.handle):
        return None
    reached = progress.reached(name, stamp)
    if reached is not None and reached.place.offset <= stamp.size:
        return _line_ends(opened.handle, reached.place.offset, stamp.size)
    return max(_line_ends(opened.handle, 0, stamp.size) - 1, 0)


def _line_ends(handle: BinaryIO, start: int, size: int) -> int:
    """Line ends from ``start`` on: counted, or for a large file counted in its next 4 MiB and extrapolated."""
    ahead = size - start
    counted = ahead if ahead <= _COUNTED_BYTES else _SAMPLE_BYTES
    handle.seek(start)
    lines, left = 0, counted
    while left > 0 and (piece := handle.read(min(left, _CHUNK_BYTES))):
        lines += piece.count(b"\n")
        left -= len(piece)
    return lines if counted == ahead else lines * ahead // counted
