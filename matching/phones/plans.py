"""Numbering plans as machines: what libphonenumber makes of each row of digits, known without asking it.

Built from the metadata of the ``phonenumbers`` package, one place at a time. What is read here of the markers of a
machine follows the package's own ``parse`` and ``is_valid_number`` step by step. Where that takes more than to
recognise digits, as with numbers that are put together anew, nothing is decided.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.phones.drawing import (
    ABROAD,
    CALLING_CODE,
    DESCRIBED,
    GENERAL,
    LEADING,
    LENGTH,
    ODD_EXIT,
    PREFIX,
    Drawing,
    after_calling_code,
    dialled_in,
)
from matching.phones.machines import Markers

Where: TypeAlias = str | int
"""How digits are read: as dialled inside a region (ISO 3166-1 alpha-2), or after a calling code (an int)."""


class Verdict(IntEnum):
    """What is known of a row of digits."""

    INVALID = 0
    UNDECIDED = 1
    VALID = 2


class Reading(NamedTuple):
    """What digits come to: where valid, E.164 is ``calling_code`` and all but the first ``skipped`` digits."""

    verdict: Verdict
    calling_code: int = 0
    skipped: int = 0


class Plan(NamedTuple):
    """How digits are read at one place: a machine that starts in state 0.

    Attributes:
        steps: for each state the state after each digit: int32, states by ten.
        readings: for each state what the digits come to that end there: int64, states by the three fields of
            :class:`Reading`.
        exits: the states from which another country's calling code follows, unless a 0 does.
        exit_code: the digits that lead there.
    """

    steps: NDArray[np.int32]
    readings: NDArray[np.int64]
    exits: list[int]
    exit_code: str


_INVALID = Reading(Verdict.INVALID)
_UNDECIDED = Reading(Verdict.UNDECIDED)


def plan(where: Where) -> Plan:
    """How digits are read at ``where``; a plan whose metadata cannot be drawn decides nothing."""
    try:
        drawing = after_calling_code(where) if isinstance(where, int) else dialled_in(where)
        machine = drawing.machine()
    except ValueError:
        return Plan(np.zeros((1, 10), np.int32), np.array([_UNDECIDED], np.int64), [], "")
    readings = {markers: _read(drawing, markers) for markers in set(machine.markers)}
    return Plan(
        np.array(machine.steps, dtype=np.int32),
        np.array([readings[markers] for markers in machine.markers], dtype=np.int64),
        [state for state, markers in enumerate(machine.markers) if (ABROAD,) in markers],
        drawing.exit_code,
    )


def _read(drawing: Drawing, markers: Markers) -> Reading:
    """``parse``: the own calling code is taken off where the number makes sense only without it."""
    code = len(str(drawing.calling_code))
    prefix_after_code = any(marker[0] == PREFIX and marker[-1] == code for marker in markers)
    if (ODD_EXIT,) in markers or ((CALLING_CODE,) in markers and prefix_after_code):
        return _UNDECIDED
    skipped = _trunk_prefix(drawing, markers)
    if (CALLING_CODE,) in markers and (
        (_fits(drawing, markers, code) and not _fits(drawing, markers, 0))
        or _length(markers) > max(drawing.own.general_desc.possible_length)
    ):
        skipped = code
    if skipped is None:
        return _UNDECIDED
    valid = _is_valid(drawing, markers, skipped)
    return Reading(Verdict.VALID, drawing.calling_code, skipped) if valid else _INVALID


def _trunk_prefix(drawing: Drawing, markers: Markers) -> int | None:
    """``_maybe_strip_national_prefix_carrier_code``, and what ``parse`` asks of the rest; None where undecided."""
    found = (one for number, one in enumerate(drawing.prefixes) if (PREFIX, number, 0) in markers)
    prefix = next(found, None)
    if prefix is None:
        return 0
    if drawing.rewrites(prefix):
        return None
    length = len(prefix.digits)
    if _fits(drawing, markers, 0) and not _fits(drawing, markers, length):
        return 0
    return length if _may_stand_alone(drawing.own.general_desc, _length(markers) - length) else 0


def _may_stand_alone(described: Any, length: int) -> bool:
    """``_test_number_length``: neither too short, nor of a length between, nor dialled only locally."""
    possible = described.possible_length
    return length not in described.possible_length_local_only and (
        length in possible or length > max(possible)
    )


def _is_valid(drawing: Drawing, markers: Markers, skipped: int) -> bool:
    """``is_valid_number``: of the regions that share the calling code, the first that claims the number decides."""
    if len(drawing.regions) == 1:
        return _has_type(drawing, drawing.regions[0], markers, skipped)
    for region in drawing.regions:
        if not region.leading_digits:
            if _has_type(drawing, region, markers, skipped):
                return True
        elif (LEADING, region.id, skipped) in markers:
            return _has_type(drawing, region, markers, skipped)
    return False


def _has_type(drawing: Drawing, region: Any, markers: Markers, skipped: int) -> bool:
    """``_number_type_helper``: whether the number is described in general, and as of one type."""
    length = _length(markers) - skipped
    matching = (
        name
        for name, described in drawing.described[region.id].items()
        if (DESCRIBED, region.id, name, skipped) in markers
        and (not described.possible_length or length in described.possible_length)
    )
    return next(matching, None) == GENERAL and next(matching, None) is not None


def _fits(drawing: Drawing, markers: Markers, skipped: int) -> bool:
    """``_match_national_number`` with the general description: its length is not looked at."""
    return (DESCRIBED, drawing.own.id, GENERAL, skipped) in markers


def _length(markers: Markers) -> int:
    """How many digits there are; 0 for none, and for more than any number has."""
    return next((int(marker[1]) for marker in markers if marker[0] == LENGTH), 0)
