"""Patterns of digits side by side in one deterministic machine: a look-up for each digit says what all of them say.

The textbook way: each pattern becomes states that lead to a marker, and the sets of states that digits can lead to
become the states of the machine.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

from matching.phones.patterns import ANY_DIGIT, Captured, Choice, Digit, End, Pattern, Repeat, Sequence

States: TypeAlias = frozenset[int]
"""States of a :class:`Sketch` of which any may hold."""

Marker: TypeAlias = tuple[str | int, ...]
Markers: TypeAlias = frozenset[Marker]

NOWHERE: States = frozenset()


class Machine(NamedTuple):
    """A deterministic machine that starts in state 0.

    ``steps`` has for each state the state after each digit, and ``markers`` what was matched when the digits
    end there.
    """

    steps: list[list[int]]
    markers: list[Markers]


class Sketch:
    """The states to which patterns lead, built backwards: a pattern is told what comes after it."""

    def __init__(self) -> None:
        self._allowed: list[int] = []
        self._then: list[States] = []
        self._markers: dict[int, Marker] = {}

    def marker(self, name: Marker, *, even_if_digits_follow: bool = False) -> States:
        """Where a match ends, or for good has been."""
        here = self._state(ANY_DIGIT if even_if_digits_follow else 0, NOWHERE)
        (state,) = here
        self._markers[state] = name
        if even_if_digits_follow:
            self._then[state] = here
        return here

    def before(self, pattern: Pattern, then: States) -> States:
        """Where to start for ``pattern`` to be matched, and ``then`` to hold after it."""
        match pattern:
            case Digit(allowed):
                return self._state(allowed, then)
            case Sequence(parts):
                for part in reversed(parts):
                    then = self.before(part, then)
                return then
            case Choice(options):
                return frozenset().union(*(self.before(option, then) for option in options))
            case Repeat(part, low, high):
                after = then
                for _ in range(high - low):
                    after = self.before(part, after) | then
                return self.before(Sequence((part,) * low), after)
            case Captured(part):
                return self.before(part, then)
            case End():
                return then

    def _state(self, allowed: int, then: States) -> States:
        self._allowed.append(allowed)
        self._then.append(then)
        return frozenset((len(self._then) - 1,))

    def machine(self, start: States) -> Machine:
        """The deterministic machine of all that ``start`` leads to."""
        numbered = {start: 0}
        waiting = [start]
        steps = []
        for states in waiting:
            row = []
            for following in self._step(states):
                if following not in numbered:
                    numbered[following] = len(waiting)
                    waiting.append(following)
                row.append(numbered[following])
            steps.append(row)
        return Machine(steps, [self._marked(states) for states in waiting])

    def _step(self, states: States) -> list[States]:
        """Where each digit leads; most states of a number take any, and need not be looked at digit by digit."""
        after_any: set[int] = set()
        after_some: list[set[int]] = [set() for _ in range(10)]
        for state in states:
            if self._allowed[state] == ANY_DIGIT:
                after_any |= self._then[state]
            else:
                for digit in _digits(self._allowed[state]):
                    after_some[digit] |= self._then[state]
        otherwise = frozenset(after_any)
        return [otherwise | after if after else otherwise for after in after_some]

    def _marked(self, states: States) -> Markers:
        return frozenset(self._markers[state] for state in states & self._markers.keys())


@cache
def _digits(allowed: int) -> tuple[int, ...]:
    return tuple(digit for digit in range(10) if allowed >> digit & 1)
