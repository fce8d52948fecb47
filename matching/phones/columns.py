"""Columns of phone numbers read all at once: each digit of every number is one step in the joined machine.

What is read here is what libphonenumber would say, and most of any real column; the rest is left to it. NumPy does
it on the bytes of the column, some thousands of rows at a time so that they stay in the processor's cache.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.phones.atlas import ELSEWHERE, PLUS, REGIONS, Atlas, Chart
from matching.phones.plans import Verdict, Where

_ATLAS = Atlas()
_REGION = pl.Enum(REGIONS)
_ROWS = 32_768

_PLUS_SIGN, _BETWEEN, _OTHER = 10, 11, 12
_KINDS = np.full(256, _OTHER, np.uint8)
_KINDS[list(b"0123456789")] = range(10)
_KINDS[list(b" ()[].-/")] = _BETWEEN
_KINDS[ord("+")] = _PLUS_SIGN

_MOST_DIGITS = 18
"""What an integer of 64 bits holds whatever the digits."""
_MOST_BYTES = 250
"""libphonenumber reads no longer text."""
_TOO_LONG = 10**15
"""E.164 has at most fifteen digits."""
_EIGHT_DIGITS, _EIGHT_ONES = 10**8, 11_111_111
"""Eight equal digits at the end are a multiple of as many ones; such a number may be made up."""
_POWERS = 10 ** np.arange(_MOST_DIGITS + 1, dtype=np.int64)


class Read(NamedTuple):
    """What a column of texts came to.

    Attributes:
        e164: with the plus; null where not known to be valid.
        invalid: true where it is known not to be valid; a text that is not plain digits and punctuation never is.
    """

    e164: pl.Series
    invalid: pl.Series


class _Digits(NamedTuple):
    """The digits of all texts in one row, and for each text where its own begin and how many they are.

    ``plain`` says whether a text is nothing but digits and punctuation, perhaps after a plus.
    """

    digits: NDArray[np.uint8]
    begin: NDArray[np.int32]
    length: NDArray[np.int32]
    plus: NDArray[np.bool_]
    plain: NDArray[np.bool_]


def read(texts: pl.Series, countries: pl.Series, atlas: Atlas = _ATLAS) -> Read:
    """Read each of ``texts`` as dialled in its country: ISO 3166-1 alpha-2 or null."""
    regions = countries.cast(_REGION, strict=False).to_physical().fill_null(ELSEWHERE)
    pieces = [
        _piece(texts[start : start + _ROWS], regions[start : start + _ROWS], atlas)
        for start in range(0, max(len(texts), 1), _ROWS)
    ]
    numbers, verdicts = (np.concatenate(column) for column in zip(*pieces, strict=True))
    # Null is one thing, the bytes that lie under it another.
    valid = pl.Series(verdicts == Verdict.VALID) & texts.is_not_null()
    e164 = pl.Series(numbers).zip_with(valid, pl.Series([None], dtype=pl.Int64)).cast(pl.String)
    return Read("+" + e164, pl.Series(verdicts == Verdict.INVALID))


def _piece(texts: pl.Series, regions: pl.Series, atlas: Atlas) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The E.164 of each text as a number, to be read only where its verdict is valid; and the verdicts."""
    found = _digits(texts)
    numbers = np.zeros(len(texts), np.int64)
    verdicts = np.full(len(texts), Verdict.UNDECIDED, np.int64)
    plain = np.flatnonzero(found.plain & (found.length <= _MOST_DIGITS))
    # The longest first: whoever still has a digit at some step is then a slice, and nothing need be asked.
    rows = plain[np.argsort(-found.length[plain].astype(np.int8), kind="stable")]
    length = found.length[rows]
    origin = np.where(found.plus, PLUS, regions.to_numpy())[rows]
    chart = atlas.chart
    state, value = _walk(chart, found.digits, found.begin[rows], length, origin)
    if atlas.ask(_missed(chart, state)):
        chart = atlas.chart
        state, value = _walk(chart, found.digits, found.begin[rows], length, origin)
    numbers[rows], verdicts[rows] = _judged(chart, state, value, length, origin)
    return numbers, verdicts


def _digits(texts: pl.Series) -> _Digits:
    column = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, data = column.buffers()
    edges = np.frombuffer(ends, np.int64, len(texts) + 1, column.offset * 8)
    kinds = _KINDS[np.frombuffer(data, np.uint8)[edges[0] : edges[-1]]] if data else np.empty(0, np.uint8)
    edges = edges - edges[0]
    is_digit = kinds < _PLUS_SIGN
    digits_before = np.zeros(len(kinds) + 1, np.int32)
    np.cumsum(is_digit, dtype=np.int32, out=digits_before[1:])
    begin = digits_before[edges]
    plain = np.diff(edges) <= _MOST_BYTES
    plain[_rows_at(edges, np.flatnonzero(kinds == _OTHER))] = False
    at = np.flatnonzero(kinds == _PLUS_SIGN)
    signed = _rows_at(edges, at)
    plus = np.zeros(len(texts), np.bool_)
    plus[signed] = True
    misplaced = digits_before[at] > begin[signed]
    misplaced[1:] |= signed[1:] == signed[:-1]
    plain[signed[misplaced]] = False
    return _Digits(kinds[is_digit], begin[:-1], np.diff(begin), plus, plain)


def _rows_at(edges: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(edges, places, side="right") - 1


def _walk(
    chart: Chart,
    digits: NDArray[np.uint8],
    begin: NDArray[np.int32],
    length: NDArray[np.int32],
    origin: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Where the digits of each number lead, and their value; ``length`` never grows from one to the next."""
    state = chart.starts[origin]
    value = np.zeros(len(begin), np.int64)
    at = begin.copy()
    for step in range(length[0] if len(length) else 0):
        active = len(length) - np.searchsorted(length[::-1], step, side="right")
        digit = digits[at[:active]]
        state[:active] = chart.steps[state[:active] + digit]
        value[:active] *= 10
        value[:active] += digit
        at[:active] += 1
    return state, value


def _missed(chart: Chart, state: NDArray[np.int32]) -> Counter[Where]:
    """How many numbers would have needed each plan that is not there."""
    missing = chart.missing[state // 10]
    counts = np.bincount(missing[missing >= 0])
    return Counter({chart.wanted[place]: int(counts[place]) for place in counts.nonzero()[0]})


def _judged(
    chart: Chart,
    state: NDArray[np.int32],
    value: NDArray[np.int64],
    length: NDArray[np.int32],
    origin: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row = state // 10
    verdict, calling_code, skipped = chart.readings[row].T
    rest = length - skipped - chart.exit_lengths[origin] * chart.after_code[row]
    power = _POWERS[rest]
    number = calling_code * power + value % power
    doubtful = (power >= _TOO_LONG) | (number >= _TOO_LONG)
    doubtful |= number % _EIGHT_DIGITS % _EIGHT_ONES == 0
    return number, np.where((verdict == Verdict.VALID) & doubtful, Verdict.UNDECIDED, verdict)
