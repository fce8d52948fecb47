"""Finds the headers that a client's file or a preset names among those of an export."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from connectors.pos_files.errors import FileError

JOIN = " + "
"""``Date + Time`` names two headers, whose cells are joined: those of ``order_id`` (``Store + Ticket``) by a hyphen,
for tills that count their tickets store by store, and all others by a space."""

OR = " | "
"""``Mobile | Phone`` names headers that may hold the same: of those that a file has, the first filled one counts."""

HEADER_ROWS = 25
"""How far down the headers are looked for: reports carry a title and their period above them."""

Places = tuple[int, ...]
"""Where headers stand whose cells are joined."""

_SURELY = 3
"""A row with so many of the headers that are looked for is no title."""

_LOOKS_LIKE_DATA = re.compile(r"@|\d{4}|^\W*\d")


@dataclass(frozen=True)
class Asked:
    """A header that is looked for.

    Attributes:
        key: who asks: a key of the client's file such as ``columns.order_id``, or a preset and its column.
        column: what the cells are for.
        header: as it is named there.
        needed: whether a file without it cannot be read.
        missed: whether it is to be said that a file does without it.
    """

    key: str
    column: str
    header: str
    needed: bool = True
    missed: bool = False


def found_places(
    asked: Iterable[Asked], headers: Sequence[str], *, advice: str
) -> dict[str, tuple[Places, ...]]:
    """Where the cells of each column stand, in the order in which they are tried.

    A header matches as written first, then without regard to case and spaces.

    Raises:
        FileError: headers that are needed are missing, or one stands there twice.
    """
    found: dict[str, tuple[Places, ...]] = {}
    missing: list[Asked] = []
    for one in asked:
        places = _alternatives(one.header, headers)
        if places:
            found.setdefault(one.column, places)
        elif one.needed:
            missing.append(one)
    if missing:
        raise _missing(missing, headers, advice)
    return found


def count_found(names: Collection[str], headers: Sequence[str]) -> int:
    """How many of ``names`` are among ``headers``."""
    return sum(bool(_alternatives(name, headers, twice_is_fine=True)) for name in names)


def header_row(wanted: Collection[str], rows: Sequence[Sequence[str]]) -> int:
    """Which of a file's first rows has the headers: the one with most of the ``wanted``, else the first with several
    cells."""
    if count_found(wanted, rows[0]) >= min(_SURELY, len(wanted)):
        return 0
    return max(range(len(rows)), key=lambda row: (count_found(wanted, rows[row]), len(rows[row]) > 1, -row))


def _alternatives(name: str, headers: Sequence[str], *, twice_is_fine: bool = False) -> tuple[Places, ...]:
    written = [name] if _matches(name, headers) else name.split(OR)
    found: list[Places] = []
    for one in written:
        places = _positions(one, headers, twice_is_fine=twice_is_fine)
        # A part of what is joined already adds nothing to it.
        if places and not any(set(places) <= set(before) for before in found):
            found.append(places)
    return tuple(found)


def _positions(name: str, headers: Sequence[str], *, twice_is_fine: bool) -> Places | None:
    parts = [name] if _matches(name, headers) else name.split(JOIN)
    positions = []
    for part in parts:
        matches = _matches(part, headers)
        if not matches:
            return None
        if len(matches) > 1 and not twice_is_fine:
            raise FileError(
                f'the header "{part}" stands there {len(matches)} times', "Rename all but one of them."
            )
        positions.append(matches[0])
    return tuple(positions)


def _matches(name: str, headers: Sequence[str]) -> list[int]:
    exact = [position for position, header in enumerate(headers) if header == name]
    return exact or [position for position, header in enumerate(headers) if _folded(header) == _folded(name)]


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _missing(missing: Sequence[Asked], headers: Sequence[str], advice: str) -> FileError:
    if any(_LOOKS_LIKE_DATA.search(header) for header in headers):
        return FileError(
            f"{missing[0].key}: no header {_named(missing[0].header)}; the first line looks like data, not headers",
            "Export the file with its headers.",
        )
    hints = "; ".join(f"{one.key}: no header {_named(one.header)}{_closest(one, headers)}" for one in missing)
    shown = ", ".join(f'"{header}"' for header in headers if header)
    return FileError(f"{hints}; headers there: {shown}", advice)


def _named(header: str) -> str:
    *others, last = [f'"{name}"' for name in header.split(OR)]
    return f"{', '.join(others)} or {last}" if others else last


def _closest(asked: Asked, headers: Sequence[str]) -> str:
    by_form = {_folded(header): header for header in headers if header}
    names = [part for name in asked.header.split(OR) for part in name.split(JOIN)]
    for name in names:
        closest = difflib.get_close_matches(_folded(name), by_form, n=1, cutoff=0.5)
        if closest:
            return f'; closest: "{by_form[closest[0]]}"'
    return ""
