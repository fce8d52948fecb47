"""How audiences stand, as a table and a few lines that somebody who does not run the software understands."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from closedwon.pipeline.audiences.report import AudienceReport
from config.redaction import redact


def audience_table(audiences: Sequence[AudienceReport], *, dry_run: bool) -> Table:
    """``audiences`` as a table; of a run that told platforms, with how many it told of."""
    told = () if dry_run else ("Joined", "Left")
    waiting = ("Joining", "Leaving", "Held", "Refused")
    table = Table("Audience", "At", "Called", *told, "Members", *waiting, box=None, pad_edge=False)
    for one in audiences:
        counts = (*(() if dry_run else (one.joined, one.left)), one.members, one.joining, one.leaving)
        table.add_row(
            one.audience,
            one.destination,
            escape(one.name or "declared no more"),
            *(f"{count:,}" for count in (*counts, one.held, one.refused)),
        )
    return table


def audience_remarks(audiences: Sequence[AudienceReport]) -> list[str]:
    """What the user should know of ``audiences``, a line each."""
    lines = []
    for one in audiences:
        where = one.lane
        if one.error:
            lines.append(f"[red]✗ {where}[/]: {escape(redact(one.error))}")
        if one.unconfirmed:
            lines.append(
                f"  {where}: {one.unconfirmed:,} who left are out once {one.destination} confirms it, within a day"
            )
        said = [message for message in one.messages.values() if message != one.error]
        lines += [f"[yellow]![/] {where}: {escape(redact(message))}" for message in said]
        lines += [f"  {where}: {escape(redact(note))}" for note in one.notes]
    return lines
