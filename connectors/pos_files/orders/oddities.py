"""Counts how often a rule had to settle what a file left open, and says so once the file has been read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_RULES = {
    "gaps": "{times} in an hour that the clock skipped, read as if it had not been set forward yet",
    "folds": "{times} in an hour that the clock showed twice, taken as the first",
    "dates_alone": "{times} without a time of day, taken as midnight",
    "unread_times": "{times} in lead_created_at could not be read and left empty",
    "unlike_totals": "{orders} with another amount on a later line, of which the first was taken",
}
_MOST_STATUSES = 8
_NO_STATUS = "without a status"

# A status is a word or two; anything else may be somebody's name in a column that is mapped by mistake.
_LOOKS_LIKE_STATUS = re.compile(r"[a-z_/-]+(?: [a-z_/-]+){0,3}", re.IGNORECASE)


@dataclass(frozen=True)
class Oddities:
    """How often each rule was needed, which rows are no purchases, by their status, and which cells were left empty
    because a spreadsheet has rounded them, by their column."""

    gaps: int = 0
    folds: int = 0
    dates_alone: int = 0
    unread_times: int = 0
    unlike_totals: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    rounded: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Oddities) -> Oddities:
        counts = {name: getattr(self, name) + getattr(other, name) for name in _RULES}
        return Oddities(
            **counts, left_out=self.left_out + other.left_out, rounded=self.rounded + other.rounded
        )

    def notes(self) -> Iterator[str]:
        """What to tell of the file, without its name."""
        for name, words in _RULES.items():
            if count := getattr(self, name):
                yield words.format(times=_counted(count, "time"), orders=_counted(count, "order"))
        for column, count in sorted(self.rounded.items()):
            yield (
                f"{_counted(count, 'number')} in {column} left empty, because a spreadsheet has rounded it: format its"
                " column as text and export it anew"
            )
        if self.left_out:
            yield f"{_counted(self.left_out.total(), 'row')} left out as no purchase: {self._statuses()}"

    def _statuses(self) -> str:
        by_count = sorted(self.left_out.items(), key=lambda one: (-one[1], one[0]))
        known = [(status, count) for status, count in by_count if _is_shown(status)]
        shown = [f"{count:,} {status}" for status, count in known[:_MOST_STATUSES]]
        rest = self.left_out.total() - sum(count for _, count in known[:_MOST_STATUSES])
        return ", ".join([*shown, f"{rest:,} of other statuses"] if rest else shown)


def left_out(statuses: Counter[str | None]) -> Oddities:
    """Rows that are no purchases, by status; none at all is a status too."""
    return Oddities(left_out=Counter({status or _NO_STATUS: count for status, count in statuses.items()}))


def _is_shown(status: str) -> bool:
    return _LOOKS_LIKE_STATUS.fullmatch(status) is not None


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"
