"""Ids in pieces of the size that one request takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield ``ids`` in their order, ``size`` at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
