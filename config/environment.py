"""``${NAME}`` in a client's file: filled from the environment, else from a ``.env`` beside the file.

Nothing is written to ``os.environ``: the secrets of one client are not to be seen by the next one's run.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values

from config.document import KeyPath, Located
from config.problems import Problem, key_path

PLACEHOLDER = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
"""What stands for a value of the environment; ``$${`` is a plain ``${``."""

_MARKS = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


class Environment:
    """The environment and the ``.env`` files of some folders, the first folder first. An empty value is none.

    Attributes:
        problems: the names that :meth:`fill` did not find, and ``.env`` files that cannot be read.
        unknown: the paths of the values that these names leave open.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.problems: list[Problem] = []
        self.unknown: set[KeyPath] = set()
        self._files = [folder / ".env" for folder in dict.fromkeys(folders)]
        self._values: dict[str, str | None] = {}
        for file in reversed(self._files):
            self._values |= {name: value for name, value in self._read(file).items() if value}

    def fill(self, node: Located, path: KeyPath = ()) -> Located:
        """``node`` with every ``${NAME}`` replaced by its value; one that misses a name stays as it is."""
        if isinstance(node.value, dict):
            inner = {key: self.fill(value, (*path, key)) for key, value in node.value.items()}
            return Located(inner, node.place)
        if isinstance(node.value, list):
            return Located([self.fill(value, (*path, n)) for n, value in enumerate(node.value)], node.place)
        if node.value is None or "${" not in node.value:
            return node
        missing: list[str] = []
        text = _MARKS.sub(lambda mark: self._value(mark, missing), node.value)
        if not missing:
            return Located(text, node.place)
        self.unknown.add(path)
        self.problems += [Problem(node.place.file, node.place.line, key_path(path), one) for one in missing]
        return node

    def _value(self, mark: re.Match[str], missing: list[str]) -> str:
        if mark.group() == "$${":
            return "${"
        name = mark.group("name")
        if not name:
            missing.append("${NAME} with a name of letters, digits and _ ($${ writes a plain ${)")
            return ""
        for value in (os.environ.get(name), self._values.get(name)):
            if value and value.strip():
                return value.strip()
        missing.append(f"a value for {name} in {self._places()}")
        return ""

    def _places(self) -> str:
        files = [f"{file}{'' if file.exists() else ' (no such file)'}" for file in self._files]
        return " or in ".join(["the environment", *files])

    def _read(self, file: Path) -> dict[str, str | None]:
        try:
            text = file.read_text("utf-8-sig")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            self.problems.append(
                Problem(file, None, "", "a readable file of NAME=value lines, saved as UTF-8")
            )
            return {}
        # A secret may well hold "${": the values of a .env are taken as they stand.
        return dotenv_values(stream=io.StringIO(text), interpolate=False)
