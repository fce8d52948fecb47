"""What a case is: one task, the input that every contender gets, and who does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Part:
    """A piece of the input, and how many rows it has."""

    data: Any
    rows: int


def _as_it_is(data: Any) -> Any:
    return data


@dataclass(frozen=True)
class Contender:
    """One way of doing a case's task. All callables are module-level functions: they travel to a child process.

    Attributes:
        name: as the table shows it.
        work: what is measured; takes what ``prepare`` made of a part's data.
        prepare: outside the clock, brings a part into the shape in which the contender's users have it.
        count: outside the clock, how many rows came out of ``work`` with something to send.
        rows: of the case's rows, how many it takes at least, in whole parts from the first on; None for all. So
            that all can be measured on many rows, the slow ones take fewer of them: rates are compared.
        only_part: the place, from 0, of the one part that it takes where a case has parts of several sizes; None for
            all from the first on.
        distribution: the installed package without which the contender is left out; None for the standard
            library and for what Closedwon itself depends on.
    """

    name: str
    work: Callable[[Any], Any]
    prepare: Callable[[Any], Any] = _as_it_is
    count: Callable[[Any], int] = len
    rows: int | None = None
    only_part: int | None = None
    distribution: str | None = None

    def taken(self, parts: Iterator[Part]) -> Iterator[Part]:
        """Of a case's parts, those that are its own."""
        if self.only_part is None:
            return parts
        return islice(parts, self.only_part, self.only_part + 1)

    def missing(self) -> bool:
        """Whether what it needs is not installed."""
        if self.distribution is None:
            return False
        try:
            version(self.distribution)
        except PackageNotFoundError:
            return True
        return False


@dataclass(frozen=True)
class Case:
    """A task and its contenders.

    Attributes:
        name: what chooses it on the command line; a part before a dot chooses all that share it.
        title: what is done, in words that fit the table's first column.
        provide: makes input of about so many rows, in a folder or behind an address, for as long as the context
            lasts; gives what ``parts`` needs to find it, which travels to child processes.
        parts: reads the input back, part by part; a contender warms up on the first one.
        contenders: ours first.
        rows: of input, unless the command line says otherwise; ``laps`` of each contender likewise.
    """

    name: str
    title: str
    provide: Callable[[Path, int], AbstractContextManager[Any]]
    parts: Callable[[Any], Iterator[Part]]
    contenders: tuple[Contender, ...]
    rows: int = 50_000
    laps: int = 5
