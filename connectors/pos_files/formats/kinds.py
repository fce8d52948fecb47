"""Tells a file's kind by its first bytes, without any of the libraries that read one."""

from __future__ import annotations

from typing import BinaryIO

from connectors.pos_files.storage.unpacking import GZIP, ZIP

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
PARQUET = b"PAR1"


def is_text(handle: BinaryIO) -> bool:
    """Whether the file is neither compressed nor a workbook nor Parquet."""
    return not kind_of(handle)


def kind_of(handle: BinaryIO) -> bytes:
    """The beginning by which a kind of file is known; empty for text and anything else."""
    handle.seek(0)
    head = handle.read(4)
    return next((kind for kind in (GZIP, ZIP, OLD_WORKBOOK, PARQUET) if head.startswith(kind)), b"")
