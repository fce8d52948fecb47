"""YAML text to a tree of values with their lines.

Scalars stay text. YAML 1.1 would read ``country: NO`` as false, ``0123`` as 83, ``1_000`` as a thousand and
``2026-05-01`` as a date before a setting could say that it wants text; here the type of the setting decides,
so that ids and names come through as they were written, quoted or not.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from config.document import KeyPath, Located, Place
from config.problems import Problem, key_path

_MAX_VALUES = 100_000
"""More than any client's file has: aliases within aliases would otherwise grow without end."""

_STANDARD = "tag:yaml.org,2002:"
_MERGE = f"{_STANDARD}merge"
_NULL = f"{_STANDARD}null"
_TAGS = {
    f"{_STANDARD}{name}"
    for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value", "merge")
}
"""What PyYAML resolves plain text and blocks to; any other tag was written on purpose."""

_WHAT_TO_WRITE = (
    (
        r"mapping values are not allowed",
        "one 'key: value' a line; a text with a colon and a space must be quoted",
    ),
    (r"could not find expected ':'", "a colon and a space after the key"),
    (r"character '\\t'", "spaces instead of tabs at the start of a line"),
    (r"undefined alias", "quotes around a text that begins with *"),
    (r"cannot start any token", "quotes around a text that begins with @, `, % or another sign"),
    (r"expected ',' or '[\]}]'", "a comma or a closing bracket; inside brackets, ${NAME} must be quoted"),
    (r"unexpected end of stream", "a closing quote"),
    (r"unknown escape character", "single quotes around a text with backslashes"),
    (
        r"expected <block end>|expected the node content",
        "lines of one block to start in the same column, and nothing after a closing quote",
    ),
    (r"single document|another document", "one document, without a second ---"),
)


class _Unreadable(Exception):  # noqa: N818 - it never leaves this module
    """The rest of the file makes no sense after this line."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(expected)
        self.line = line
        self.expected = expected


class _Reader:
    """One reading of one file, which keeps the mistakes that do not stop it."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._open: set[int] = set()
        self._values = 0

    def read(self, node: yaml.Node, line: int, path: KeyPath = ()) -> Located:
        """The node's value, to be found at ``line`` under the keys of ``path``."""
        self._values += 1
        if self._values > _MAX_VALUES:
            raise _Unreadable(line, f"at most {_MAX_VALUES:,} values, aliases followed")
        if id(node) in self._open:
            raise _Unreadable(line, "an alias that does not contain itself")
        self._open.add(id(node))
        try:
            return Located(self._value(node, line, path), Place(self._file, line))
        finally:
            self._open.discard(id(node))

    def _value(
        self, node: yaml.Node, line: int, path: KeyPath
    ) -> str | dict[str, Located] | list[Located] | None:
        if node.tag not in _TAGS:
            raise _Unreadable(line, "a value without a YAML tag (!…)")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, _line(item), (*path, n)) for n, item in enumerate(node.value)]
        return None if node.tag == _NULL else str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Located]:
        own: dict[str, Located] = {}
        inherited: dict[str, Located] = {}
        for key, value in node.value:
            line = _line(key)
            if key.tag == _MERGE:
                # Of several merged mappings the first wins, and a key of one's own wins over them all.
                inherited = {**self._merged(value, line, path), **inherited}
                continue
            name = self._name(key)
            if name in own:
                self._mistake(
                    line,
                    (*path, name),
                    f"a key once in its block; it is on line {own[name].place.line} already",
                )
            own[name] = self.read(value, line, (*path, name))
        return {**inherited, **own}

    def _merged(self, node: yaml.Node, line: int, path: KeyPath) -> dict[str, Located]:
        located = self.read(node, line, path)
        found: dict[str, Located] = {}
        for one in located.value if isinstance(located.value, list) else [located]:
            if isinstance(one.value, dict):
                found = {**one.value, **found}
            else:
                self._mistake(line, (*path, "<<"), "a mapping to merge, or a list of mappings")
        return found

    def _name(self, key: yaml.Node) -> str:
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise _Unreadable(
                _line(key), "a name before the colon; ${NAME} as a value must be quoted inside brackets"
            )
        return str(key.value)

    def _mistake(self, line: int, path: KeyPath, expected: str) -> None:
        self._problems.append(Problem(self._file, line, key_path(path), expected))


def read_yaml(file: Path, problems: list[Problem]) -> Located | None:
    """The mapping that ``file`` holds; mistakes are added to ``problems``.

    Returns None where the file cannot be read at all or is no mapping.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        problems.append(Problem(file, None, "", f"a readable file ({error.strerror or 'unreadable'})"))
        return None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        tree = None if node is None else _Reader(file, problems).read(node, _line(node))
    except _Unreadable as error:
        problems.append(Problem(file, error.line, "", error.expected))
    except yaml.reader.ReaderError as error:
        expected = "text without control characters" if error.encoding == "unicode" else "text saved as UTF-8"
        problems.append(Problem(file, _line_of_byte(text, error.position), "", expected))
    except yaml.MarkedYAMLError as error:
        problems.append(Problem(file, _line_of_error(error), "", _what_to_write(error)))
    except RecursionError:
        problems.append(Problem(file, None, "", "blocks that are not nested this deeply"))
    else:
        if tree is not None and isinstance(tree.value, dict):
            return tree
        problems.append(Problem(file, 1, "", "keys and values, such as 'client: acme-solar'"))
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _line_of_byte(text: bytes, position: int) -> int:
    return text.count(b"\n", 0, position) + 1


def _line_of_error(error: yaml.MarkedYAMLError) -> int | None:
    # What was never closed is to be mended where it began; anything else, where it was found.
    begun = re.search(r"simple key|quoted scalar", error.context or "")
    mark = (begun and error.context_mark) or error.problem_mark or error.context_mark
    return None if mark is None else mark.line + 1


def _what_to_write(error: yaml.MarkedYAMLError) -> str:
    # PyYAML's text may quote the file, and the file may hold a secret: its words are matched, not repeated.
    said = f"{error.problem or ''} {error.context or ''}"
    return next((advice for pattern, advice in _WHAT_TO_WRITE if re.search(pattern, said)), "valid YAML")
