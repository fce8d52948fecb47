"""A file's content as a tree in which every value knows the file and line that it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.types import Written

KeyPath = tuple[str | int, ...]
"""The names of keys, and positions in lists, from the top of a file down to a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Located:
    """A value and the line where its key stands, or the value itself in a list.

    Scalars are text as written, or None where nothing is: what a number or a date is, only the settings know.
    """

    value: str | dict[str, Located] | list[Located] | None
    place: Place


def plain(node: Located) -> Any:
    """The values alone: dicts, lists, :class:`~config.types.Written` text and None."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain(inner) for inner in node.value]
    return None if node.value is None else Written.within(node.place.file.parent, node.value)


def merged(base: Located, own: Located) -> Located:
    """``own`` completed with what only ``base`` says: mappings merge key by key, and else ``own`` wins."""
    if not (isinstance(base.value, dict) and isinstance(own.value, dict)):
        return own
    both = {key: merged(base.value[key], mine) for key, mine in own.value.items() if key in base.value}
    return Located({**base.value, **own.value, **both}, own.place)


def child(node: Located, part: str | int) -> Located | None:
    """The value under a key or at a position, if there is one."""
    if isinstance(node.value, dict):
        return node.value.get(str(part))
    if isinstance(node.value, list) and isinstance(part, int) and 0 <= part < len(node.value):
        return node.value[part]
    return None


def nearest(node: Located, path: Sequence[str | int]) -> Located:
    """The value at ``path``, or the innermost one that is there on the way to it."""
    for part in path:
        inner = child(node, part)
        if inner is None:
            break
        node = inner
    return node


def parsed(node: Located, key: str) -> KeyPath:
    """The path that a key such as ``sources.crm.stages.Lead.Status`` or ``funnel[2]`` means in this tree.

    Names may hold dots themselves, so the longest name that is there wins; parts that are not there stay as
    they are.
    """
    parts = key.replace("[", ".").replace("]", "").split(".") if key else []
    path: list[str | int] = []
    while parts:
        here = nearest(node, path)
        size = next(
            (
                n
                for n in range(len(parts), 0, -1)
                if isinstance(here.value, dict) and ".".join(parts[:n]) in here.value
            ),
            1,
        )
        name = ".".join(parts[:size])
        path.append(int(name) if isinstance(here.value, list) and name.isdecimal() else name)
        parts = parts[size:]
    return tuple(path)
