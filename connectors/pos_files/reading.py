"""Reads one file from where it was left: batches of entries, the rows that were set aside, and what to say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from connectors.base import Batch, Reject, SourceContext
from connectors.entries import stage_entries
from connectors.pos_files.cursor import Progress, Reached, Stamp
from connectors.pos_files.formats.table import Place, Rows
from connectors.pos_files.formats.tables import table_opener
from connectors.pos_files.orders.entries import OBJECT, EntryReader, Reading
from connectors.pos_files.orders.oddities import Oddities
from connectors.pos_files.source import Source
from connectors.pos_files.storage.exports import Opened
from connectors.pos_files.storage.settling import SETTLING_MINUTES, is_settled, unless_unfinished
from connectors.pos_files.survey import Plan, plan_for
from connectors.pos_files.values.masking import masked

_UNFINISHED = (
    "the last line has no line end yet, or a quote is still open: what is incomplete is left for a later run, and "
    f"read once it is whole or the file has not changed for {SETTLING_MINUTES} minutes"
)


def read_file(name: str, opened: Opened, progress: Progress, source: Source) -> Iterator[Batch]:
    """Yield the file's batches, moving ``progress`` along.

    Raises:
        FileError: the file cannot be read as a table, or its values can be read in two ways.
        UnfinishedError: it is still being written, and cannot be read as far as it goes.
        OSError: the file system failed.
    """
    with unless_unfinished(opened):
        yield from _batches(name, opened, progress, source)


def _batches(name: str, opened: Opened, progress: Progress, source: Source) -> Iterator[Batch]:
    stamp = Stamp.of(opened)
    plan = plan_for(table_opener(opened, source.settings, settled=is_settled(opened)), source.meaning)
    if plan is None:
        progress.finish(name, stamp, None)
        yield empty_batch(progress, source.context, f"{name}: empty", restarted=(name,))
        return
    start, way = _start(progress.reached(name, stamp), plan), plan.digest()
    restarted = () if start else (name,)
    notes = [f"{name}: read as {', '.join(plan.sniffed)}"] if plan.sniffed else []
    notes += plan.missing
    reader, oddities, count = EntryReader(plan, source), Oddities(), 0
    for rows in plan.table.rows(plan.positions, count=source.settings.batch_rows, start=start):
        reading = reader.read(rows)
        batch = _batch(name, rows, reading)
        oddities += reading.oddities + Oddities(rounded=Counter(rows.blanked))
        count += batch.rows_read
        if rows.last and not rows.waiting:
            progress.finish(name, stamp, reading.resume if rows.continues else None, way)
        elif reading.resume is not None:
            progress.move(name, stamp, reading.resume, way)
        if rows.waiting:
            notes.append(f"{name}: {_UNFINISHED}")
        if rows.last:
            notes += _closing_notes(name, oddities, has_rows=bool(count or rows.waiting or start))
        yield replace(batch, cursor=progress.cursor(), notes=tuple(notes), restarted=restarted)
        notes, restarted = [], ()


def _start(reached: Reached | None, plan: Plan) -> Place | None:
    """Where to go on; ``None`` where earlier rows have changed, or are to be read in another way now."""
    if reached is None or reached.plan != plan.digest() or reached.place.offset < plan.table.first.offset:
        return None
    return reached.place if reached.certain or plan.table.confirms(reached.place) else None


def empty_batch(
    progress: Progress, context: SourceContext, *notes: str, restarted: tuple[str, ...] = ()
) -> Batch:
    """A batch that only moves the cursor, and says why."""
    entries = stage_entries(pl.DataFrame(), source=context.name, object_name=OBJECT)
    return Batch(entries, progress.cursor(), rows_read=0, notes=notes, restarted=restarted)


def _batch(name: str, rows: Rows, reading: Reading) -> Batch:
    """What was read of ``rows``, still without a cursor."""
    refused = sorted([*rows.refused, *reading.refused], key=lambda row: row.line)
    rejects = tuple(Reject(name, row.line, row.reason, masked(row.text)) for row in refused)
    return Batch(reading.entries, {}, len(rows.frame) + len(rows.refused), rejects)


def _closing_notes(name: str, oddities: Oddities, *, has_rows: bool) -> list[str]:
    if not has_rows:
        return [f"{name}: headers only, no rows"]
    return [f"{name}: {note}" for note in oddities.notes()]
