"""Invented people as a CRM holds them, mess included: the rows on which matching and payloads are measured.

A third of the rows are people who came before, mostly recently, and whose cells were typed anew. The numbers of
:data:`_FILLED` and the shares below are our own guess at an ordinary CRM; change them and see what moves.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.case import Part
from closedwon.sandbox.invented.people import (
    GARBAGE_EMAILS,
    invent_people,
    write_country,
    write_email,
    write_phone,
)
from closedwon.sandbox.world import Person

PREPARED = "prepared."
"""Prefix of the columns that hold a cell as the peers ask for it: a real address, E.164, an ISO code."""

META_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "date_of_birth",
    "gender",
    "city",
    "state",
    "postal_code",
    "country",
)
"""The nine fields of the comparison, and the country."""

GOOGLE_COLUMNS = ("email", "phone", "first_name", "last_name")

_BATCH_ROWS = 20_000
"""What the pipeline takes at once by default: ``batch_rows`` of a POS source."""

_SEED = 20_260
_LIVE_IN = {"FR": 0.45, "DE": 0.15, "GB": 0.12, "US": 0.12, "NL": 0.08, "ES": 0.08}
_SEEN_BEFORE = 0.35
_REMEMBERED = 30_000
_GARBAGE = 0.02
_GARBAGE_PHONES = ("n/a", "0000000000", "123", "see notes", "-")
_FILLED = {
    "email": 0.92,
    "phone": 0.75,
    "first_name": 0.95,
    "last_name": 0.97,
    "date_of_birth": 0.45,
    "gender": 0.55,
    "city": 0.80,
    "state": 0.60,
    "postal_code": 0.80,
    "country": 0.90,
}
"""Share of the rows in which a cell has anything in it."""

_GENDERS = {"f": ("f", "F", "female", "Female"), "m": ("m", "M", "male", "Male")}
_FIRST_ORDER = datetime(2026, 1, 1, 9, tzinfo=UTC)


@contextmanager
def written(folder: Path, rows: int) -> Iterator[Path]:
    """Write ``rows`` rows below ``folder``, the same each time, unless they lie there already; yields where."""
    target = folder / f"people-{rows}"
    if not target.exists():
        _write(target, rows)
    yield target


def parts(target: Path) -> Iterator[Part]:
    """The batches that :func:`written` wrote, as frames."""
    for path in sorted(target.glob("*.parquet")):
        frame = pl.read_parquet(path)
        yield Part(frame, frame.height)


def _write(target: Path, rows: int) -> None:
    target.mkdir(parents=True)
    rng = random.Random(_SEED)
    known: deque[Person] = deque(maxlen=_REMEMBERED)
    for number, start in enumerate(range(0, rows, _BATCH_ROWS)):
        count = min(_BATCH_ROWS, rows - start)
        _frame(rng, known, start, count).write_parquet(target / f"{number:05d}.parquet")


def _frame(rng: random.Random, known: deque[Person], start: int, count: int) -> pl.DataFrame:
    fresh = iter(invent_people(rng, _LIVE_IN, count, first_id=start))
    records = []
    for number in range(start, start + count):
        if known and rng.random() < _SEEN_BEFORE:
            person = rng.choice(known)
        else:
            person = next(fresh)
            known.append(person)
        records.append(_record(rng, person, number))
    schema = dict.fromkeys(
        (*META_COLUMNS, *(PREPARED + name for name in ("email", "phone", "country"))), pl.String
    )
    return pl.DataFrame(
        records,
        schema={
            **schema,
            "order_id": pl.String,
            "entered_at": pl.Datetime("us", "UTC"),
            "amount": pl.Float64,
        },
    )


def _record(rng: random.Random, person: Person, number: int) -> dict[str, object]:
    cells = {
        name: cell if rng.random() < _FILLED[name] else None for name, cell in _cells(rng, person).items()
    }
    return {
        **cells,
        f"{PREPARED}email": None if cells["email"] in GARBAGE_EMAILS else cells["email"],
        f"{PREPARED}phone": cells["phone"] and person.phone,
        f"{PREPARED}country": cells["country"] and person.country,
        "order_id": f"T{number:09d}",
        "entered_at": _FIRST_ORDER + timedelta(seconds=number),
        "amount": round(5 + rng.expovariate(1 / 55), 2),
    }


def _cells(rng: random.Random, person: Person) -> dict[str, str]:
    return {
        "email": _or_garbage(rng, write_email(rng, person), GARBAGE_EMAILS),
        "phone": _or_garbage(rng, write_phone(rng, person), _GARBAGE_PHONES),
        "first_name": _typed(rng, person.first_name),
        "last_name": _typed(rng, person.last_name),
        "date_of_birth": _birth_date(rng, person),
        "gender": rng.choice(_GENDERS[person.gender]),
        "city": _typed(rng, person.city),
        "state": _typed(rng, person.state),
        "postal_code": _typed(rng, person.postal_code),
        "country": _country(rng, person),
    }


def _or_garbage(rng: random.Random, cell: str, garbage: Sequence[str]) -> str:
    return rng.choice(garbage) if rng.random() < _GARBAGE else cell


def _typed(rng: random.Random, text: str) -> str:
    """As people and forms leave it: mostly as it is, sometimes shouted, in lower case, or with spaces around."""
    habit = rng.random()
    if habit < 0.80:
        return text
    if habit < 0.88:
        return text.upper()
    return text.lower() if habit < 0.94 else f" {text}  "


def _birth_date(rng: random.Random, person: Person) -> str:
    day = date.fromisoformat(person.date_of_birth)
    return day.strftime(rng.choices(("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"), weights=(80, 12, 8))[0])


def _country(rng: random.Random, person: Person) -> str:
    """Mostly the code that a picklist holds, else what was typed."""
    habit = rng.random()
    if habit < 0.80:
        return person.country
    return person.country.lower() if habit < 0.88 else write_country(rng, person)
