"""Decides a file's encoding by all of its bytes: UTF-8 proves itself, cp1252 is what remains, a mixture is refused."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, Literal

from connectors.pos_files.errors import FileError

Kind = Literal["utf-8", "other", "undefined"]

_CHUNK_BYTES = 1 << 20
_PATTERNS: dict[Kind, re.Pattern[bytes]] = {
    "utf-8": re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"),
    "undefined": re.compile(rb"[\x81\x8d\x8f\x90\x9d]"),
}


def sniffed_encoding(handle: BinaryIO, newline: bytes) -> Literal["utf-8", "cp1252"]:
    """``utf-8`` where the whole file is (ASCII too); ``cp1252`` where nothing beyond ASCII in it is UTF-8.

    Raises:
        FileError: the file holds both, or bytes that are neither.
    """
    lines = _first_lines(handle, newline)
    if "other" not in lines:
        return "utf-8"
    if "utf-8" in lines:
        raise FileError(
            f"line {lines['utf-8']} is UTF-8 and line {lines['other']} is not",
            "Set encoding to the one that holds for the file, or export it again.",
        )
    if "undefined" in lines:
        raise FileError(
            f"line {lines['other']} is not UTF-8 and line {lines['undefined']} is not cp1252",
            "Export the file as CSV (UTF-8).",
        )
    return "cp1252"


def _first_lines(handle: BinaryIO, newline: bytes) -> dict[Kind, int]:
    """The first line that holds each kind of evidence."""
    handle.seek(0)
    lines: dict[Kind, int] = {}
    line, carried = 1, b""
    while piece := handle.read(_CHUNK_BYTES):
        chunk = carried + piece
        whole, evidence = _evidence(chunk)
        for kind, position in evidence.items():
            lines.setdefault(kind, line + chunk.count(newline, 0, position))
        line += chunk.count(newline, 0, whole)
        carried = chunk[whole:]
    # The last bytes begin a UTF-8 character that the file ends inside of: a cut, unless all speaks against UTF-8.
    if carried and "utf-8" not in lines:
        lines.setdefault("other", line)
    return lines


def _evidence(chunk: bytes) -> tuple[int, dict[Kind, int]]:
    """How many bytes are whole characters, and where each kind of evidence first lies."""
    try:
        _, whole = codecs.utf_8_decode(chunk, "strict", False)
    except UnicodeDecodeError as error:
        found: dict[Kind, int] = {"other": error.start}
        found |= {
            kind: match.start() for kind, pattern in _PATTERNS.items() if (match := pattern.search(chunk))
        }
        return len(chunk), found
    match = None if chunk.isascii() else _PATTERNS["utf-8"].search(chunk)
    return whole, {"utf-8": match.start()} if match else {}
