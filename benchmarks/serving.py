"""A sandbox in a process of its own, so that what it costs counts for no contender."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from benchmarks.measuring import MeasuringError
from benchmarks.processes import child

if TYPE_CHECKING:
    from starlette.applications import Starlette


@contextmanager
def served(make: Callable[[int], Starlette], rows: int) -> Iterator[str]:
    """Serve the app that ``make``, a module-level function, makes of ``rows``; yields its address.

    Raises:
        MeasuringError: it could not be made.
    """
    with child(_serve, make, rows) as connection:
        try:
            url = connection.recv()
        except EOFError:
            raise MeasuringError("the sandbox failed: see its own message above") from None
        yield url


def _serve(connection: Connection, make: Callable[[int], Starlette], rows: int) -> None:
    from closedwon.sandbox.server import serve_in_thread

    app = make(rows)
    # Its records stay until the end: looking through millions of them again and again would slow every answer.
    gc.freeze()
    with serve_in_thread(app) as sandbox, suppress(EOFError):
        connection.send(sandbox.url)
        connection.recv()
