"""The regular expressions of numbering plans as trees, so that machines over digits can be built from them.

libphonenumber writes its plans in a small part of the language: digits, sets of digits, groups, alternatives and
counted repeats. Whatever else a newer release may use is refused here, and left to the library itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

ANY_DIGIT = (1 << 10) - 1

_TOKEN = re.compile(r"\(\?:|\{\d+(?:,\d+)?\}|\[[\d-]+\]|\\d|[\d()|?$]")


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit out of a set: bit d is set where digit d is allowed."""

    allowed: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; the first that leads to a match counts."""

    options: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part ``low`` to ``high`` times, as often as possible."""

    part: Pattern
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Captured:
    """A part whose digits the expression remembers."""

    part: Pattern


@dataclass(frozen=True, slots=True)
class End:
    """Nothing may follow."""


Pattern: TypeAlias = Digit | Sequence | Choice | Repeat | Captured | End


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through a pattern: a set of allowed digits for each position.

    ``captures`` says whether a group took part in it, ``ends`` whether nothing may follow.
    """

    digits: tuple[Digit, ...] = ()
    captures: bool = False
    ends: bool = False


@cache
def parse(expression: str) -> Pattern:
    """Read ``expression`` as libphonenumber's metadata write them.

    Raises:
        ValueError: it uses something that no metadata used so far.
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != expression:
        raise ValueError(f"not a pattern of digits: {expression}")
    tokens.reverse()
    pattern = _choice(tokens)
    if tokens:
        raise ValueError(f"a bracket too many: {expression}")
    return pattern


def branches(pattern: Pattern) -> Iterator[Branch]:
    """Every way through ``pattern``, in the order in which a backtracking matcher tries them."""
    match pattern:
        case Digit():
            yield Branch((pattern,))
        case Choice(options):
            yield from itertools.chain.from_iterable(map(branches, options))
        case Sequence(parts):
            yield from map(_joined, itertools.product(*map(_listed, parts)))
        case Repeat(part, low, high):
            for times in range(high, low - 1, -1):
                yield from map(_joined, itertools.product(_listed(part), repeat=times))
        case Captured(part):
            yield from (Branch(branch.digits, captures=True, ends=branch.ends) for branch in branches(part))
        case End():
            yield Branch(ends=True)


def _listed(pattern: Pattern) -> list[Branch]:
    return list(branches(pattern))


def _joined(parts: tuple[Branch, ...]) -> Branch:
    return Branch(
        tuple(itertools.chain.from_iterable(part.digits for part in parts)),
        captures=any(part.captures for part in parts),
        ends=any(part.ends for part in parts),
    )


def _choice(tokens: list[str]) -> Pattern:
    """Up to the closing bracket or the end; ``tokens`` are in reverse, and lose what is read."""
    options = [_sequence(tokens)]
    while tokens and tokens[-1] == "|":
        tokens.pop()
        options.append(_sequence(tokens))
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _sequence(tokens: list[str]) -> Pattern:
    parts: list[Pattern] = []
    while tokens and tokens[-1] not in {"|", ")"}:
        parts.append(_repeated(_atom(tokens), tokens))
    return Sequence(tuple(parts))


def _atom(tokens: list[str]) -> Pattern:
    piece = tokens.pop()
    if piece in {"(", "(?:"}:
        inner = _choice(tokens)
        if not tokens or tokens.pop() != ")":
            raise ValueError("a bracket is missing")
        return Captured(inner) if piece == "(" else inner
    if piece == "$":
        return End()
    if piece == r"\d":
        return Digit(ANY_DIGIT)
    if piece.isdigit() or piece.startswith("["):
        return Digit(_allowed(piece.strip("[]")))
    raise ValueError(f"nothing to repeat before {piece}")


def _repeated(atom: Pattern, tokens: list[str]) -> Pattern:
    if not tokens or not (tokens[-1] == "?" or tokens[-1].startswith("{")):
        return atom
    piece = tokens.pop()
    if piece == "?":
        return Repeat(atom, 0, 1)
    low, _, high = piece.strip("{}").partition(",")
    return Repeat(atom, int(low), int(high or low))


def _allowed(ranges: str) -> int:
    """``13-5`` as the set of 1, 3, 4 and 5."""
    allowed = 0
    for low, high in re.findall(r"(\d)(?:-(\d))?", ranges):
        for digit in range(int(low), int(high or low) + 1):
            allowed |= 1 << digit
    return allowed
