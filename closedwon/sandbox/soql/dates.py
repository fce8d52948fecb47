"""Date literals: words for stretches of days relative to today, midnight to midnight.

Salesforce takes the days of the user's zone; the sandbox's user lives in UTC.
Page: sforce-api-calls-soql-select-dateformats of the SOQL guide.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

Days = tuple[date, date]
"""First day, and the day after the last."""


def _days(today: date, start: int, end: int) -> Days:
    return today + timedelta(days=start), today + timedelta(days=end)


def _weeks(today: date, start: int, count: int = 1) -> Days:
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return _days(sunday, 7 * start, 7 * (start + count))


def _months(today: date, start: int, count: int = 1) -> Days:
    return _first_of_month(today, start), _first_of_month(today, start + count)


def _first_of_month(today: date, offset: int) -> date:
    months = today.year * 12 + today.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)


def _quarters(today: date, start: int, count: int = 1) -> Days:
    into_quarter = (today.month - 1) % 3
    return _months(today, 3 * start - into_quarter, 3 * count)


def _years(today: date, start: int, count: int = 1) -> Days:
    return date(today.year + start, 1, 1), date(today.year + start + count, 1, 1)


RANGES: dict[str, Callable[[date], Days]] = {
    "YESTERDAY": lambda today: _days(today, -1, 0),
    "TODAY": lambda today: _days(today, 0, 1),
    "TOMORROW": lambda today: _days(today, 1, 2),
    "LAST_WEEK": lambda today: _weeks(today, -1),
    "THIS_WEEK": lambda today: _weeks(today, 0),
    "NEXT_WEEK": lambda today: _weeks(today, 1),
    "LAST_MONTH": lambda today: _months(today, -1),
    "THIS_MONTH": lambda today: _months(today, 0),
    "NEXT_MONTH": lambda today: _months(today, 1),
    "LAST_QUARTER": lambda today: _quarters(today, -1),
    "THIS_QUARTER": lambda today: _quarters(today, 0),
    "NEXT_QUARTER": lambda today: _quarters(today, 1),
    "LAST_YEAR": lambda today: _years(today, -1),
    "THIS_YEAR": lambda today: _years(today, 0),
    "NEXT_YEAR": lambda today: _years(today, 1),
    "LAST_90_DAYS": lambda today: _days(today, -90, 1),
    "NEXT_90_DAYS": lambda today: _days(today, 1, 91),
}

RANGES_OF_N: dict[str, Callable[[date, int], Days]] = {
    "LAST_N_DAYS": lambda today, n: _days(today, -n, 1),
    "NEXT_N_DAYS": lambda today, n: _days(today, 1, n + 1),
    "N_DAYS_AGO": lambda today, n: _days(today, -n, 1 - n),
    "LAST_N_WEEKS": lambda today, n: _weeks(today, -n, n),
    "NEXT_N_WEEKS": lambda today, n: _weeks(today, 1, n),
    "LAST_N_MONTHS": lambda today, n: _months(today, -n, n),
    "NEXT_N_MONTHS": lambda today, n: _months(today, 1, n),
    "LAST_N_QUARTERS": lambda today, n: _quarters(today, -n, n),
    "NEXT_N_QUARTERS": lambda today, n: _quarters(today, 1, n),
    "LAST_N_YEARS": lambda today, n: _years(today, -n, n),
    "NEXT_N_YEARS": lambda today, n: _years(today, 1, n),
}


def days_of(name: str, n: int, *, now: datetime) -> Days:
    """The days that a date literal covers; ``n`` is read only by literals that take a number."""
    today = now.astimezone(UTC).date()
    return RANGES[name](today) if name in RANGES else RANGES_OF_N[name](today, n)


def midnight(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), UTC)
