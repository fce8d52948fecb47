"""Reads one file from where it was left: batches of entries, the rows that were set aside, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from config.sources import PosFilesSettings
from connectors.base import Batch, Reject, SourceContext, stage_entries
from connectors.pos_files.cursor import SETTLING_MINUTES, Place, Progress, Stamp
from connectors.pos_files.entries import OBJECT, Oddities, read_rows
from connectors.pos_files.masking import masked
from connectors.pos_files.records import Block, Broken, blocks
from connectors.pos_files.rows import record, text_rows
from connectors.pos_files.survey import Plan, plan_for

_ODDITIES = {
    "gaps": "{} in an hour that the clock skipped, read as if it had not been set forward yet",
    "folds": "{} in an hour that the clock showed twice, taken as the first",
    "dates_alone": "{} without a time of day, taken as midnight",
    "unread_times": "{} in lead_created_at could not be read and left empty",
}
_UNFINISHED = (
    "the last line has no line end yet and is left for a later run: it is read once it has one, or once the file "
    f"has not changed for {SETTLING_MINUTES} minutes"
)


def read_file(
    name: str, handle: BinaryIO, progress: Progress, settings: PosFilesSettings, context: SourceContext
) -> Iterator[Batch]:
    """Yield the file's batches, moving ``progress`` along; nothing where it has been read as it is now.

    Raises:
        FileError: the file cannot be read as a table, or its values can be read in two ways.
        UnfinishedError: its headers may not be complete yet.
        OSError: the file system failed.
    """
    stamp = Stamp.of(handle)
    if progress.is_done(name, stamp):
        return
    extent = stamp.extent()
    plan = plan_for(handle, settings, context, extent)
    if plan is None:
        progress.reached(name, stamp, None)
        yield replace(empty_batch(progress, context, f"{name}: empty"), restarted=(name,))
        return
    layout = plan.layout
    place = progress.place(name, stamp)
    start = place or Place(layout.data_offset, layout.data_line)
    restarted = () if place else (name,)
    notes = [f"{name}: read as {', '.join(plan.sniffed)}"] if plan.sniffed else []
    notes += plan.missing
    oddities, rows = Oddities(), 0
    for block in blocks(
        handle, layout.form, offset=start.offset, line=start.line, rows=settings.batch_rows, extent=extent
    ):
        batch, found = _read_block(name, block, plan, settings, context)
        oddities += found
        rows += batch.rows_read
        unfinished = block.last and block.next_offset < extent.size
        done = block.last and not unfinished
        progress.reached(name, stamp, None if done else Place(block.next_offset, block.next_line))
        if unfinished:
            notes.append(f"{name}: {_UNFINISHED}")
        if block.last:
            has_rows = rows > 0 or unfinished or start.offset > layout.data_offset
            notes += _closing_notes(name, oddities, has_rows=has_rows)
        yield replace(batch, cursor=progress.cursor(), notes=tuple(notes), restarted=restarted)
        notes, restarted = [], ()


def empty_batch(progress: Progress, context: SourceContext, *notes: str) -> Batch:
    """A batch that only moves the cursor, and says why."""
    entries = stage_entries({}, source=context.name, object_name=OBJECT, length=0)
    return Batch(entries, progress.cursor(), rows_read=0, notes=notes)


def _read_block(
    name: str, block: Block, plan: Plan, settings: PosFilesSettings, context: SourceContext
) -> tuple[Batch, Oddities]:
    frame, broken = text_rows(block, plan.layout, plan.positions)
    reading = read_rows(frame, plan, settings, context)
    refused = [Broken(int(block.lines[row]), record(block, row), reason) for row, reason in reading.refused]
    encoding = plan.layout.encoding
    rejects = tuple(
        Reject(name, line.line, line.reason, masked(line.content.decode(encoding, "replace").strip("\r\n")))
        for line in sorted([*broken, *refused], key=lambda line: line.line)
    )
    return Batch(reading.entries, {}, len(frame) + len(broken), rejects), reading.oddities


def _closing_notes(name: str, oddities: Oddities, *, has_rows: bool) -> list[str]:
    if not has_rows:
        return [f"{name}: headers only, no rows"]
    counts = {kind: getattr(oddities, kind) for kind in _ODDITIES}
    return [f"{name}: {_ODDITIES[kind].format(_times(count))}" for kind, count in counts.items() if count]


def _times(count: int) -> str:
    return "1 time" if count == 1 else f"{count} times"
