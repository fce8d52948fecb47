"""The numbering plans that a run has needed so far, joined into one machine for numbers of all countries."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

from matching.phones.plans import Plan, Reading, Verdict, Where, plan

REGIONS = tuple(sorted(SUPPORTED_REGIONS))
"""ISO 3166-1 alpha-2 of the regions that have a plan; their places here number them."""
ELSEWHERE = len(REGIONS)
"""Numbers what is dialled in no known region."""
PLUS = len(REGIONS) + 1
"""Numbers what begins with a plus, wherever it is dialled."""

_WORTH_A_PLAN = 1_000
"""How many numbers must have missed a plan before it is drawn: about as many could be read one by one meanwhile."""

_PLACES: tuple[Where, ...] = (*COUNTRY_CODE_TO_REGION_CODE, *REGIONS)

_NO_NUMBER, _ODD_CODE, _CODE = 0, 1, 2
"""Rows of every chart: where nothing becomes a number, where no calling code was known, where one begins."""

_UNDRAWN = Plan(np.zeros((1, 10), np.int32), np.array([Reading(Verdict.UNDECIDED)], np.int64), [], "")


class Chart(NamedTuple):
    """The joined machine.

    A state is the place of its row in ``steps``, times ten, so that adding a digit gives the place of the next one.

    Attributes:
        steps: the state after each digit, ten for each row.
        starts: for each of :data:`REGIONS`, :data:`ELSEWHERE` and :data:`PLUS` the state before the first digit.
        exit_lengths: for each of these, how many digits go before the calling code of another country.
        readings: for each row the fields of its :class:`~matching.phones.plans.Reading`.
        after_code: for each row, whether a calling code was read, and what ``skipped`` of its reading counts from.
        missing: for each row the place in ``wanted`` of the plan that is not there, else -1.
        wanted: the plans that are not there.
    """

    steps: NDArray[np.int32]
    starts: NDArray[np.int32]
    exit_lengths: NDArray[np.int64]
    readings: NDArray[np.int64]
    after_code: NDArray[np.bool_]
    missing: NDArray[np.int32]
    wanted: list[Where]


class Atlas:
    """Draws a plan once enough numbers have asked for it, and keeps it for the life of the process.

    A chart never changes: with more plans there is another one.
    """

    def __init__(self, worth_a_plan: int = _WORTH_A_PLAN) -> None:
        self._worth_a_plan = worth_a_plan
        self._asked: Counter[Where] = Counter()
        self._plans: dict[Where, Plan] = {}
        self.chart = _chart(self._plans)

    def ask(self, wanted: Counter[Where]) -> bool:
        """Count numbers that would have needed plans that are not there; whether the chart has more of them now."""
        self._asked.update(wanted)
        due = [where for where in wanted if self._asked[where] >= self._worth_a_plan]
        if not due:
            return False
        self._plans = self._plans | {where: plan(where) for where in due}
        self.chart = _chart(self._plans)
        return True


def _chart(plans: dict[Where, Plan]) -> Chart:
    blocks = {place: plans.get(place, _UNDRAWN) for place in _PLACES}
    code_rows = _rows_of_codes()
    sizes = [len(block.steps) for block in blocks.values()]
    ends = np.cumsum([len(code_rows), *sizes])
    first = dict(zip(_PLACES, ends.tolist(), strict=False))
    for code in COUNTRY_CODE_TO_REGION_CODE:
        code_rows[code_rows == -code] = first[code]
    steps = np.concatenate([code_rows, *(block.steps + first[place] for place, block in blocks.items())])
    for place, block in blocks.items():
        leaving = [first[place] + state for state in block.exits]
        steps[leaving, 1:] = steps[_CODE, 1:]
    before = np.array(
        [Reading(Verdict.INVALID)] + [Reading(Verdict.UNDECIDED)] * (len(code_rows) - 1), np.int64
    )
    wanted = [place for place in _PLACES if place not in plans]
    missing = np.full(len(steps), -1, np.int32)
    missing[[first[place] for place in wanted]] = np.arange(len(wanted))
    return Chart(
        steps=steps.ravel() * 10,
        starts=np.array([*(first[region] for region in REGIONS), _NO_NUMBER, _CODE], np.int32) * 10,
        exit_lengths=np.array([*(len(blocks[region].exit_code) for region in REGIONS), 0, 0], np.int64),
        readings=np.concatenate([before, *(_counted(place, block) for place, block in blocks.items())]),
        after_code=np.arange(len(steps)) < first[REGIONS[0]],
        missing=missing,
        wanted=wanted,
    )


def _rows_of_codes() -> NDArray[np.int32]:
    """The rows that every chart begins with; where a calling code is complete, its negative stands for its plan."""
    codes = [str(code) for code in COUNTRY_CODE_TO_REGION_CODE]
    begun = sorted({code[:length] for code in codes for length in range(len(code))})
    row = {digits: _CODE + number for number, digits in enumerate(begun)}
    rows = np.full((_CODE + len(begun), 10), _ODD_CODE, np.int32)
    rows[_NO_NUMBER] = _NO_NUMBER
    for digits in begun[1:]:
        rows[row[digits[:-1]], int(digits[-1])] = row[digits]
    for code in codes:
        rows[row[code[:-1]], int(code[-1])] = -int(code)
    return rows


def _counted(place: Where, block: Plan) -> NDArray[np.int64]:
    """The block's readings, with a calling code that came first counted among the skipped digits."""
    readings = block.readings.copy()
    readings[:, 2] += len(str(place)) if isinstance(place, int) else 0
    return readings
