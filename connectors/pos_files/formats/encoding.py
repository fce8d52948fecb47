"""Decides a file's encoding by all of its bytes: UTF-8 proves itself, cp1252 is what remains, a mixture is refused."""

from __future__ import annotations

import codecs
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from connectors.pos_files.errors import FileError

Kind = Literal["utf-8", "other", "undefined"]

_CHUNK_BYTES = 1 << 20
_UNDEFINED = np.isin(np.arange(256), (0x81, 0x8D, 0x8F, 0x90, 0x9D))
"""The bytes that cp1252 has no character for."""

_FOLLOWING = np.select(
    [
        (first <= np.arange(256)) & (np.arange(256) <= last)
        for first, last in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4))
    ],
    [1, 2, 3],
)
"""How many bytes follow the first of a UTF-8 character beyond ASCII; 0 where the byte is not such a first one."""


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
        codes, high = _beyond_ascii(chunk)
        found: dict[Kind, int] = {"other": error.start}
        if (character := _first_character(codes, high)) is not None:
            found["utf-8"] = character
        if len(undefined := high[_UNDEFINED[codes[high]]]):
            found["undefined"] = int(undefined[0])
        return len(chunk), found
    first = None if chunk.isascii() else _first_character(*_beyond_ascii(chunk))
    return whole, {} if first is None else {"utf-8": first}


def _beyond_ascii(chunk: bytes) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """The chunk's bytes, and where those stand that are not ASCII: few, so that only they are looked at."""
    codes = np.frombuffer(chunk, np.uint8)
    return codes, np.flatnonzero(codes >= 0x80)


def _first_character(codes: NDArray[np.uint8], high: NDArray[np.intp]) -> int | None:
    """Where the first UTF-8 character beyond ASCII stands."""
    wanted = _FOLLOWING[codes[high]]
    fits = wanted > 0
    for distance in (1, 2, 3):
        places = high + distance
        byte = codes[np.minimum(places, len(codes) - 1)]
        follows = (places < len(codes)) & (byte >= 0x80) & (byte <= 0xBF)
        fits &= (wanted < distance) | follows
    found = high[fits]
    return int(found[0]) if len(found) else None
