"""Where the exports of customers lie, and whether they have changed.

:mod:`~connectors.pos_files.orders.customers`, which holds their people in memory, is needed where orders are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from config.sources import PosFilesSettings
from connectors.base import SourceError
from connectors.pos_files.cursor import Stamp
from connectors.pos_files.errors import FileError, UnfinishedError, system_failure
from connectors.pos_files.storage.exports import PosFile
from connectors.pos_files.storage.files import matching_files
from connectors.pos_files.storage.settling import is_whole


def stamps(settings: PosFilesSettings) -> list[tuple[str, int, int, str, bool]]:
    """What changes when the exports of customers do: their orders are then read again, with the people they name.

    Raises:
        SourceError: there is none, or one cannot be opened.
    """
    found = []
    for file in customer_files(settings):
        with failing_as_source(file), file.open() as opened:
            stamp, whole = Stamp.of(opened), is_whole(opened)
        found.append((file.name, stamp.size, stamp.mtime_ns, stamp.head, whole))
    return found


def customer_files(settings: PosFilesSettings) -> list[PosFile]:
    """The exports that ``settings.customers`` names; none where it is not set."""
    return matching_files(settings.customers.path, settings) if settings.customers else []


@contextmanager
def failing_as_source(file: PosFile) -> Iterator[None]:
    """Without the customers no order is read: it would be known for one that names nobody."""
    try:
        yield
    except (FileError, OSError) as error:
        failure = system_failure(error) if isinstance(error, OSError) else error
        raise SourceError(
            f"customers: {file.name}: {failure}",
            advice=failure.advice,
            configuration=not isinstance(failure, UnfinishedError),
        ) from None
