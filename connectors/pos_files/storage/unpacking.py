"""Reads what is compressed as if it were not, and never more of it than a client allows.

Nothing is unpacked to disk: what tills export is personal data in clear.
"""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import BinaryIO, cast

from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.storage.exports import Opened

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"

_CHUNK_BYTES = 1 << 20
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)


class Unpacked(io.RawIOBase):
    """The bytes that ``inner`` unpacks, of which ``limit`` are too many."""

    def __init__(self, inner: BinaryIO, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True; backwards it unpacks from the start again."""
        return True

    def tell(self) -> int:
        """How many unpacked bytes lie before the next one."""
        return self._inner.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an unpacked byte.

        Raises:
            DamagedError: what is packed ends too early, or is not what its checksum says.
        """
        try:
            return self._inner.seek(offset, whence)
        except _BROKEN:
            raise _damaged() from None

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes.

        Raises:
            DamagedError: what is packed ends too early, or is not what its checksum says.
            FileError: it unpacks to more than the limit.
        """
        try:
            piece = self._inner.read(len(buffer))
        except _BROKEN:
            raise _damaged() from None
        buffer[: len(piece)] = piece
        if self._inner.tell() > self._limit:
            raise too_large(self._limit)
        return len(piece)


def gunzipped(opened: Opened, limit: int) -> Opened:
    """What a gzip file holds."""
    opened.handle.seek(0)
    inner = cast(BinaryIO, gzip.GzipFile(fileobj=opened.handle, mode="rb"))
    return replace(opened, handle=buffered(Unpacked(inner, limit)), length=sys.maxsize, unpacked=True)


def in_memory(opened: Opened) -> Opened:
    """The same bytes, held in memory where going back in them would mean to unpack them again."""
    if not opened.unpacked:
        return opened
    opened.handle.seek(0)
    return replace(opened, handle=io.BytesIO(opened.handle.read()))


def unpacked_pieces(handle: BinaryIO, limit: int) -> Iterator[tuple[str, bytes]]:
    """Unpack all members of a zip file once, for readers that would not stop at a limit: names, and piece by piece
    what they hold.

    Raises:
        DamagedError: it is no whole zip file.
        FileError: its members unpack to more than ``limit`` bytes together.
    """
    total = 0
    try:
        with zipfile.ZipFile(handle) as archive:
            for member in archive.infolist():
                # What the directory says of a size may be a lie: the real end is where the compressed bytes end.
                unbounded = copy(member)
                unbounded.file_size = sys.maxsize
                with archive.open(unbounded) as stream:
                    while piece := stream.read(_CHUNK_BYTES):
                        total += len(piece)
                        if total > limit:
                            raise too_large(limit)
                        yield member.filename, piece
    except (*_BROKEN, NotImplementedError, RuntimeError):
        raise _damaged() from None


def buffered(raw: io.RawIOBase) -> BinaryIO:
    """``raw`` so that a read gives all that it asks for, as long as there is more."""
    return io.BufferedReader(raw, _CHUNK_BYTES)


def too_large(limit: int) -> FileError:
    """The error of what unpacks to more than ``limit`` bytes."""
    return FileError(
        f"unpacks to more than {limit >> 20:,} MB",
        "If it is what it should be, set max_unpacked_mb to a larger number.",
    )


def _damaged() -> DamagedError:
    return DamagedError("is damaged or incomplete: it cannot be unpacked", "Export or copy it again.")
