"""A run's report as a page that somebody who does not run the software understands."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.audience_table import audience_remarks, audience_table
from closedwon.cli.output import money
from closedwon.cli.recognition import Recognition
from closedwon.pipeline.judging.meanings import MEANING
from closedwon.pipeline.people.kinds import KIND_NAMES
from closedwon.pipeline.report import DestinationReport, RunReport, SourceReport
from config.columns import REFUND_STAGE
from config.redaction import redact

_MOST_NOTES = 8


def show_run(
    console: Console, report: RunReport, *, recognised: Mapping[str, Recognition] | None = None
) -> None:
    """Print ``report``; ``recognised`` is how many conversions each destination knew the person of.

    Only the sandbox tells: the platforms do not.
    """
    verdict = "[green]complete[/]" if report.complete else "[red]incomplete[/]"
    dry = " (dry run: nothing stored, nothing sent)" if report.dry_run else ""
    console.rule(f"[bold]{escape(report.client)}[/]: {verdict}{dry}", align="left")
    for error in report.errors:
        console.print(f"[red]✗[/] {escape(redact(error))}")
    if report.sources:
        console.print(_sources(report.sources))
    if report.destinations:
        console.print(_destinations(report.destinations, dry_run=report.dry_run))
        skipped = _skipped(report.destinations)
        if skipped.row_count:
            console.print(skipped)
        if recognised is not None:
            console.print(_recognised(report.destinations, recognised))
    if report.audiences:
        console.print(audience_table(report.audiences, dry_run=False))
    for line in (*_remarks(report), *audience_remarks(report.audiences)):
        console.print(line)
    console.print()


def _sources(sources: list[SourceReport]) -> Table:
    table = Table("Read from", "System", "Rows read", "Stage entries", "Set aside", box=None, pad_edge=False)
    for source in sources:
        stages = ", ".join(f"{stage} {count:,}" for stage, count in source.entries.most_common())
        table.add_row(source.name, source.system, f"{source.read:,}", stages or "–", f"{source.set_aside:,}")
    return table


def _destinations(destinations: list[DestinationReport], *, dry_run: bool) -> Table:
    sent = ("Would send",) if dry_run else ("Sent", "Accepted", "Refused", "Waiting")
    table = Table("Sent to", "Conversions", "Already known", "Skipped", *sent, box=None, pad_edge=False)
    if not dry_run:
        table.add_column("Value accepted")
    for lane in destinations:
        known = lane.skipped["already_known"]
        waiting = lane.waiting + lane.held
        counts = (lane.queued,) if dry_run else (lane.sent, lane.accepted, lane.refused, waiting)
        table.add_row(
            lane.name,
            ", ".join(f"{stage} {count:,}" for stage, count in lane.conversions.most_common()) or "–",
            *(f"{count:,}" for count in (known, lane.skipped.total() - known, *counts)),
            *([] if dry_run else [money(dict(lane.value))]),
        )
    return table


def _recognised(destinations: list[DestinationReport], recognised: Mapping[str, Recognition]) -> Table:
    table = Table("Recognised by", "Accepted", "Matched", "Without stitching", box=None, pad_edge=False)
    for lane in destinations:
        found = recognised[lane.name]
        rates = (_rate(count, lane.accepted) for count in (found.matched, found.without_stitching))
        table.add_row(lane.name, f"{lane.accepted:,}", *rates)
    return table


def _rate(count: int, of: int) -> str:
    """A count and its share, such as ``31,204 (78.1%)``."""
    return f"{count:,} ({count / of:.1%})" if of else f"{count:,}"


def _skipped(destinations: list[DestinationReport]) -> Table:
    table = Table("Not sent to", "Conversions", "Because", box=None, pad_edge=False)
    for lane in destinations:
        for reason, count in lane.skipped.most_common():
            if reason != "already_known":
                table.add_row(lane.name, f"{count:,}", f"{MEANING.get(reason, '')} ({reason})")
        if lane.expired:
            table.add_row(lane.name, f"{lane.expired:,}", f"{MEANING['expired_before_sent']} (expired)")
    return table


def _remarks(report: RunReport) -> list[str]:
    lines = []
    for source in report.sources:
        if source.error:
            advice = f". {source.advice}" if source.advice else ""
            lines.append(f"[red]✗ {source.name}[/]: {escape(redact(source.error.rstrip('.') + advice))}")
        if source.set_aside:
            listed = f" They are listed in {escape(source.rejects_file)}" if source.rejects_file else ""
            lines.append(
                f"[yellow]![/] {source.name}: {source.set_aside:,} rows could not be read; the rest went on.{listed}"
            )
        lines += [f"  {source.name}: {escape(redact(note))}" for note in source.notes[:_MOST_NOTES]]
        if len(source.notes) > _MOST_NOTES:
            lines.append(
                f"  {source.name}: {len(source.notes) - _MOST_NOTES:,} more notes; --json has them all"
            )
        lines += [f"  {source.name}: {remark}" for remark in _changes(source)]
    for lane in report.destinations:
        if lane.stitched:
            lines.append(
                f"  {lane.name}: {lane.stitched:,} conversions carry what another record of the person held"
            )
        lines += [f"  {lane.name}: {remark}" for remark in _afterwards(lane)]
        if lane.waiting and not lane.error:
            lines.append(
                f"  {lane.name}: {lane.waiting:,} wait: their stage is dated a little ahead of this clock"
            )
        if lane.error:
            lines.append(f"[red]✗ {lane.name}[/]: {escape(redact(lane.error))}")
        for reason, count in lane.rejected.most_common():
            why = escape(redact(lane.messages.get(reason, reason)))
            lines.append(f"[yellow]![/] {lane.name}: {count:,} refused by the platform: {why}")
    return lines


def _afterwards(lane: DestinationReport) -> list[str]:
    """What became of conversions that the platform had accepted before."""
    remarks = []
    if lane.unmatched:
        remarks.append(
            f"{lane.unmatched:,} of the refused conversions belong to no click on an ad, which is nobody's mistake"
        )
    if lane.changed:
        remarks.append(f"{lane.changed:,} conversions that it had accepted are worth something else now")
    if lane.restated:
        remarks.append(f"{lane.restated:,} conversions were told of with their new value")
    for reason, count in lane.restatements_refused.most_common():
        why = escape(redact(lane.messages.get(reason, reason)))
        remarks.append(f"{count:,} new values were refused: {why}")
    if lane.failed_later:
        why = ", ".join(f"{reason} {count:,}" for reason, count in lane.failed_later.most_common())
        remarks.append(f"of earlier requests it did not count {why}; closedwon status says what that means")
    if lane.probing:
        remarks.append(
            f"{lane.probing:,} of those that it did not count were sent again to try; it says later whether it does"
        )
    if lane.expiring:
        remarks.append(f"[yellow]{lane.expiring:,} wait and are too old within a day[/]")
    remarks += [escape(redact(note)) for note in lane.notes[:_MOST_NOTES]]
    return remarks


def _changes(source: SourceReport) -> list[str]:
    """What the source says of people and orders that were known before, and what became of it."""
    remarks = []
    if source.unusable:
        cells = ", ".join(f"{column} {count:,}" for column, count in source.unusable.most_common())
        remarks.append(f"cells that no platform can match on: {cells}; closedwon hash says why of a value")
    if shared := source.shared:
        rows = ", ".join(f"{KIND_NAMES[kind]} {count:,}" for kind, count in shared.most_common())
        remarks.append(f"stage entries without what too many people share: {rows}")
    if source.conflicts:
        left = f" of all but {source.unresolved:,}, which carry nothing of them" if source.unresolved else ""
        remarks.append(
            f"stage entries whose phone number or id is of several people in other records: {source.conflicts:,};"
            f" address or name told who it is{left}"
        )
    if source.amended:
        remarks.append(f"records whose amount has changed since it was read: {source.amended:,}")
    if refunds := source.entries[REFUND_STAGE]:
        remarks.append(
            f"refunds read: {refunds:,}; each is taken off the value of its order once that is known"
        )
    if source.refunded_after_sending:
        remarks.append(f"orders refunded after they had been sent: {source.refunded_after_sending:,}")
    if source.forgotten:
        remarks.append(f"stage entries of people who were forgotten, left out: {source.forgotten:,}")
    if source.retired:
        remarks.append(
            f"stage entries from before retention.history_days, which are not judged again: {source.retired:,}"
        )
    if source.withdrawn:
        remarks.append(
            "conversions that waited and are not sent, their records being deleted or merged, or all that they could be"
            f" matched on taken back: {source.withdrawn:,}"
        )
    return remarks
