"""What ``closedwon check`` shows of a file: how it is written, what its columns mean, whom its rows name.

All rows are read, block by block, as a run would; nothing of it is kept but counts and five masked rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from config.columns import CLICK_COLUMNS, PERSON_COLUMNS
from connectors.base import Check, Table
from connectors.pos_files.formats.table import Refused
from connectors.pos_files.formats.tables import table_opener
from connectors.pos_files.orders.entries import EntryReader
from connectors.pos_files.orders.oddities import Oddities
from connectors.pos_files.source import Source
from connectors.pos_files.storage.exports import Opened
from connectors.pos_files.storage.settling import is_settled
from connectors.pos_files.survey import WORDS, Plan, plan_for
from connectors.pos_files.values.masking import masked, masked_email, masked_name, masked_phone

_ROWS_SHOWN = 5
_NAMES = ("first_name", "last_name")
_SHOWN_IN_CLEAR = ("order_id", "stage", "amount", "currency", "items", "store")
_MASKS = {"email": masked_email, "phone": masked_phone, **dict.fromkeys(_NAMES, masked_name)}
_UNDECIDED = "read in one way only"


_REASONS_SHOWN = 3


@dataclass
class _Coverage:
    """Counts over all rows of a file."""

    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    purchases: int = 0
    refunds: int = 0
    email: int = 0
    phone: int = 0
    both: int = 0
    name: int = 0
    first: list[pd.DataFrame] = field(default_factory=list)
    oddities: Oddities = field(default_factory=Oddities)

    def add(self, entries: pd.DataFrame, stage: str) -> None:
        if (missing := _ROWS_SHOWN - sum(map(len, self.first))) > 0 and len(entries):
            self.first.append(entries.head(missing))
        bought = entries[entries["stage"] == stage]
        email, phone = bought["email"].notna(), bought["phone"].notna()
        self.purchases += len(bought)
        self.refunds += len(entries) - len(bought)
        self.email += int(email.sum())
        self.phone += int(phone.sum())
        self.both += int((email & phone).sum())
        self.name += int(bought[list(_NAMES)].notna().all(axis=1).sum())

    def refuse(self, *rows: Refused) -> None:
        # Without what stands there: a reason with its value would be told as often as there are values.
        self.refused.update(row.reason.partition(' "')[0] for row in rows)

    @property
    def set_aside(self) -> int:
        """Rows that cannot be read."""
        return self.refused.total()

    @property
    def reachable(self) -> int:
        """Purchases with an e-mail or a phone number."""
        return self.email + self.phone - self.both


def preview(name: str, opened: Opened, source: Source) -> Check:
    """Read the file to its end and say what was found; its tables hold no personal data in clear.

    Raises:
        FileError: the file cannot be read as a run would.
        OSError: the file system failed.
    """
    settled = is_settled(opened)
    plan = plan_for(table_opener(opened, source.settings, settled=settled), source.meaning)
    if plan is None:
        return Check(name, ok=True, message="empty")
    coverage = _covered(plan, source)
    return Check(
        name,
        ok=coverage.set_aside < coverage.rows or not coverage.rows,
        message="; ".join((*_summary(plan, coverage, source.meaning.nameless), *plan.missing)),
        details=(
            _written(name, plan, source),
            _columns(name, plan, source),
            _people(name, coverage),
            *_first_rows(name, coverage),
        ),
    )


def _covered(plan: Plan, source: Source) -> _Coverage:
    coverage, reader = _Coverage(), EntryReader(plan, source)
    for rows in plan.table.rows(plan.positions, count=source.settings.batch_rows):
        reading = reader.read(rows)
        coverage.rows += len(rows.frame) + len(rows.refused)
        coverage.refuse(*rows.refused, *reading.refused)
        coverage.oddities += reading.oddities
        coverage.add(reading.entries, source.meaning.stage)
    return coverage


def _summary(plan: Plan, coverage: _Coverage, nameless: str) -> Iterator[str]:
    if plan.sniffed:
        yield ", ".join(plan.sniffed)
    if not coverage.rows:
        yield "headers only, no rows"
        return
    bought = f"{coverage.purchases:,} {'purchase' if coverage.purchases == 1 else 'purchases'}"
    yield f"{bought}, {_share(coverage.reachable, coverage.purchases)} with e-mail or phone"
    if coverage.purchases and not coverage.reachable:
        yield f"no purchase can be matched{f'. {nameless}' if nameless else ''}"
    if coverage.set_aside:
        why = ", ".join(
            f"{reason} ({count:,})" for reason, count in coverage.refused.most_common(_REASONS_SHOWN)
        )
        yield f"rows that cannot be read: {coverage.set_aside:,}: {why}"
    yield from coverage.oddities.notes()


def _written(name: str, plan: Plan, source: Source) -> Table:
    meaning = source.meaning
    rows = (
        ("file", ", ".join(plan.table.sniffed) or "as set"),
        ("amounts", WORDS[plan.decimal] if plan.decimal in plan.decided else _UNDECIDED),
        ("dates", ", ".join(dict.fromkeys(_dates(plan)))),
        ("time zone, where a time has none", meaning.timezone),
        ("currency, where an amount has none", meaning.currency or "none"),
        ("a row is", _row_is(source)),
    )
    return Table(f"{name}: how it is written", ("what", "found"), rows)


def _dates(plan: Plan) -> Iterator[str]:
    for order in plan.date_orders.values():
        yield WORDS[order] if order in plan.decided else _UNDECIDED


def _row_is(source: Source) -> str:
    if not source.meaning.line_items:
        return "an order"
    return "a line of an order; " + (
        "amounts are added up" if source.meaning.adds_up else "the amount is the order's"
    )


def _columns(name: str, plan: Plan, source: Source) -> Table:
    rows = [(column, plan.header(column)) for column in plan.found]
    if source.customers is not None and source.meaning.customers is not None:
        rows += [
            (column, f"customers: {header}") for column, header in source.meaning.customers.columns.items()
        ]
    absent = [asked for asked in source.meaning.asked if asked.column not in plan.found]
    rows += [(asked.column, f"not there: {asked.header}") for asked in absent]
    return Table(f"{name}: columns", ("column", "header"), tuple(rows))


def _people(name: str, coverage: _Coverage) -> Table:
    bought = coverage.purchases
    counts = {
        "with e-mail": coverage.email,
        "with phone": coverage.phone,
        "with both": coverage.both,
        "with neither": bought - coverage.reachable,
        "with first and last name": coverage.name,
    }
    rows = [
        ("rows read", f"{coverage.rows:,}", ""),
        ("rows that cannot be read", f"{coverage.set_aside:,}", _share(coverage.set_aside, coverage.rows)),
        ("left out as no purchase", f"{coverage.oddities.left_out.total():,}", ""),
        ("refunds", f"{coverage.refunds:,}", ""),
        ("purchases", f"{bought:,}", ""),
        *((what, f"{count:,}", _share(count, bought)) for what, count in counts.items()),
    ]
    return Table(f"{name}: whom the rows name", ("what", "count", "share"), tuple(rows))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _first_rows(name: str, coverage: _Coverage) -> tuple[Table, ...]:
    if not coverage.first:
        return ()
    entries = pd.concat(coverage.first, ignore_index=True)
    shown = [
        column
        for column in ("order_id", "entered_at", *_SHOWN_IN_CLEAR[1:], *PERSON_COLUMNS, *CLICK_COLUMNS)
        if entries[column].notna().any()
    ]
    extras = [column for column in entries.columns if column not in {*shown, "source", "object", "record_id"}]
    shown += [column for column in extras if column.startswith("extra.") and entries[column].notna().any()]
    rows = tuple(tuple(_cell(column, row[column]) for column in shown) for row in entries.to_dict("records"))
    return (Table(f"{name}: its first rows, masked", tuple(shown), rows),)


def _cell(column: str, value: object) -> str:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, float):
        return f"{value:.2f}"
    text = str(value)
    # What stands where an order id should may be anything.
    if column in _SHOWN_IN_CLEAR and "@" not in text:
        return text
    return _MASKS.get(column, masked)(text)
