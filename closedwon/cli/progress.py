"""Progress for people: a bar a source and destination on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections import deque
from threading import Lock
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_ARROWS = {"read": "←", "send": "→"}
_MOST_BARS = 12


class Bars:
    """An observer that draws a bar for each lane; use it as a context manager.

    Of several ``clients`` it also draws how many have ended. Bars of lanes that ended give way to new ones, so that
    a hundred clients fit on a screen.
    """

    def __init__(self, console: Console, clients: int = 1) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[green]{task.fields[summary]}"),
            console=console,
        )
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._lock = Lock()
        self._drawn = 0
        self._ended: deque[TaskID] = deque()
        self._clients = self._progress.add_task("clients", total=clients, summary="", visible=clients > 1)

    def __enter__(self) -> Bars:
        """Begin drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop drawing; the bars stay on the screen."""
        self._progress.stop()

    def started(self, client: str, lane: str, verb: str, total: int | None) -> None:
        """Add a bar."""
        with self._lock:
            if self._drawn >= _MOST_BARS and self._ended:
                self._progress.update(self._ended.popleft(), visible=False)
            else:
                self._drawn += 1
        self._tasks[client, lane] = self._progress.add_task(
            f"{_ARROWS.get(verb, '')} {client} {lane}", total=total, summary=""
        )

    def advanced(self, client: str, lane: str, count: int) -> None:
        """Move a bar."""
        self._progress.advance(self._tasks[client, lane], count)

    def finished(self, client: str, lane: str, summary: str) -> None:
        """Complete a bar."""
        task = self._tasks.get((client, lane))
        if task is not None:
            done = self._progress.tasks[self._progress.task_ids.index(task)].completed
            self._progress.update(task, total=max(done, 1), completed=max(done, 1), summary=summary)
            self._ended.append(task)

    def ended(self, client: str, *, complete: bool) -> None:
        """Count a client; those whose run is incomplete are named."""
        self._progress.advance(self._clients)
        if not complete:
            self._progress.update(self._clients, summary=f"[red]{client}: incomplete")


class Lines:
    """An observer that prints a line when a lane begins and ends."""

    def __enter__(self) -> Lines:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""

    def started(self, client: str, lane: str, verb: str, total: int | None) -> None:
        """Say that a lane begins."""
        expected = f" (about {total:,})" if total is not None else ""
        self._print(f"{client}: {verb} {lane}{expected}")

    def advanced(self, client: str, lane: str, count: int) -> None:
        """Say nothing: a line a batch would bury the rest."""

    def finished(self, client: str, lane: str, summary: str) -> None:
        """Say how a lane ended."""
        self._print(f"{client}: {lane}: {summary}")

    def ended(self, client: str, *, complete: bool) -> None:
        """Say how a client's run ended."""
        self._print(f"{client}: {'complete' if complete else 'incomplete'}")

    @staticmethod
    def _print(line: str) -> None:
        # In one piece, or lines of several clients would run into each other.
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def observer(clients: int = 1) -> Bars | Lines:
    """The observer that suits standard error, for a run of so many clients."""
    console = Console(stderr=True)
    return Bars(console, clients) if console.is_terminal else Lines()
