"""Processes of their own: nothing of one's memory, threads or CPU time counts for another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_GRACE_SECONDS = 10


@contextmanager
def child(target: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Run ``target(connection, *arguments)`` elsewhere; yields the other end of its connection.

    The connection is closed when the context ends, and ``target`` is to return at that: what waits on it gets
    EOFError. One that does not is ended.
    """
    # Spawned, not forked: nothing of this process's memory or threads may be there.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(_GRACE_SECONDS)
        process.terminate()
