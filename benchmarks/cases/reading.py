"""What the cases that read a whole source have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.base import Batch

WARM_UP_SHARE = 0.01
"""Of the rows, how many more make a small source, read before the large one, so that warming up is short."""


def records_read(batches: Iterable[Batch]) -> int:
    """Read to the end as a run does, a batch at a time; how many records came out with a stage entry.

    A batch is dropped before the next is read, as after it is stored.
    """
    return sum(batch.entries["record_id"].nunique() for batch in batches)


def itself(count: int) -> int:
    """What came out, where the work counts itself."""
    return count
