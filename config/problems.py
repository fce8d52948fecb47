"""How a mistake in a client's file is told: where it is, what was expected, and the nearest fit."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mistake:
    """What is wrong at a path of keys, before it is known which file and line that is.

    Attributes:
        path: the keys, and positions in lists, from the top of the file.
        expected, suggestion, got: as in :class:`Problem`.
    """

    path: tuple[str | int, ...]
    expected: str
    suggestion: str | None = None
    got: str | None = None

    def __str__(self) -> str:
        return f"{key_path(self.path)}: {_told(self)}"


@dataclass(frozen=True)
class Problem:
    """One mistake in a client's file.

    Attributes:
        file: the file that has it; shared defaults are files of their own.
        line: counted from 1; None where the file as a whole is meant.
        key: the path of the key, such as ``sources.crm.fields.gclid`` or ``funnel[2]``; "" for the file.
        expected: what should stand there, as a noun phrase. Never holds a secret.
        suggestion: the name that was probably meant.
        got: what stands there, where it may be shown.
    """

    file: Path
    line: int | None
    key: str
    expected: str
    suggestion: str | None = None
    got: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        key = f" {self.key}:" if self.key else ""
        return f"{where}:{key} {_told(self)}"


def _told(what: Mistake | Problem) -> str:
    got = f", got {what.got}" if what.got else ""
    hint = f"; did you mean {what.suggestion}?" if what.suggestion else ""
    return f"expected {what.expected}{got}{hint}"


class ConfigurationError(Exception):
    """A client's file cannot be used; its text names every mistake, one a line.

    Attributes:
        problems: the mistakes, in the order of files and lines.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(
            sorted(dict.fromkeys(problems), key=lambda one: (str(one.file), one.line or 0))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ConfigurationError], tuple[Sequence[Problem]]]:
        return ConfigurationError, (self.problems,)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be, if any is near."""
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), names, n=1)
    return names[found[0]] if found else None


def key_path(path: Iterable[str | int]) -> str:
    """A path of keys and positions as people write it: ``sources.crm.fields``, ``funnel[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
