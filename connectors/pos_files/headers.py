"""Finds the headers that a client's file names among those of an export."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from connectors.pos_files.errors import FileError

JOIN = " + "
"""``Date + Time`` names two headers, whose cells are joined: those of ``order_id`` (``Store + Ticket``) by a hyphen,
for tills that count their tickets store by store, and all others by a space."""

_LOOKS_LIKE_DATA = re.compile(r"@|\d{4}|^\W*\d")


def positions_of(
    columns: Mapping[str, str], headers: Sequence[str], *, optional: Mapping[str, str]
) -> dict[str, tuple[int, ...]]:
    """Where the cells of each mapped key stand: one position, or more where headers are joined.

    A header matches as written first, then without regard to case and spaces. Keys are those of the client's file,
    such as ``columns.order_id``; those in ``optional`` are left out where their header is missing.

    Raises:
        FileError: a header is missing or stands there twice.
    """
    found: dict[str, tuple[int, ...]] = {}
    for key, name in columns.items():
        positions = _positions(name, headers)
        if positions is None:
            raise _missing(key, name, headers)
        found[key] = positions
    for key, name in optional.items():
        positions = _positions(name, headers)
        if positions is not None:
            found.setdefault(key, positions)
    return found


def count_found(names: Collection[str], headers: Sequence[str]) -> int:
    """How many of ``names`` are among ``headers``."""
    return sum(any(_matches(part, headers) for part in (name, *name.split(JOIN))) for name in names)


def _positions(name: str, headers: Sequence[str]) -> tuple[int, ...] | None:
    parts = [name] if _matches(name, headers) else name.split(JOIN)
    positions = []
    for part in parts:
        matches = _matches(part, headers)
        if not matches:
            return None
        if len(matches) > 1:
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


def _missing(key: str, name: str, headers: Sequence[str]) -> FileError:
    if any(_LOOKS_LIKE_DATA.search(header) for header in headers):
        return FileError(
            f'{key}: no header "{name}"; the first line looks like data, not headers',
            "Export the file with its headers.",
        )
    by_form = {_folded(header): header for header in headers if header}
    closest = difflib.get_close_matches(_folded(name), by_form, n=1, cutoff=0.5)
    hint = f'; closest: "{by_form[closest[0]]}"' if closest else ""
    shown = ", ".join(f'"{header}"' for header in headers if header)
    return FileError(
        f'{key}: no header "{name}"{hint}; headers there: {shown}',
        "Name the header as the file writes it.",
    )
