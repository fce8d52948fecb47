"""How a run says what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Told of progress; called from several threads, one a destination."""

    def started(self, client: str, lane: str, verb: str, total: int | None) -> None:
        """``lane`` (a source or destination of ``client``) begins; ``verb`` is read or send."""
        ...

    def advanced(self, client: str, lane: str, count: int) -> None:
        """``count`` more rows were read, or deliveries settled."""
        ...

    def finished(self, client: str, lane: str, summary: str) -> None:
        """``lane`` ended; ``summary`` is a short line such as ``1,204 read``."""
        ...


class Silent:
    """An observer that says nothing."""

    def started(self, client: str, lane: str, verb: str, total: int | None) -> None:
        """Say nothing."""

    def advanced(self, client: str, lane: str, count: int) -> None:
        """Say nothing."""

    def finished(self, client: str, lane: str, summary: str) -> None:
        """Say nothing."""
