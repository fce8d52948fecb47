"""A run's report as a page that somebody who does not run the software understands."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.output import money
from closedwon.pipeline.gates import MEANING
from closedwon.pipeline.report import DestinationReport, RunReport, SourceReport
from config.columns import REFUND_STAGE
from config.redaction import redact

_MOST_NOTES = 8


def show_run(console: Console, report: RunReport, *, matched: Mapping[str, int] | None = None) -> None:
    """Print ``report``; ``matched`` is how many conversions each destination found a person for, where known."""
    verdict = "[green]complete[/]" if report.complete else "[red]incomplete[/]"
    dry = " (dry run: nothing stored, nothing sent)" if report.dry_run else ""
    console.rule(f"[bold]{escape(report.client)}[/]: {verdict}{dry}", align="left")
    for error in report.errors:
        console.print(f"[red]✗[/] {escape(redact(error))}")
    if report.sources:
        console.print(_sources(report.sources))
    if report.destinations:
        console.print(_destinations(report.destinations, matched, dry_run=report.dry_run))
        skipped = _skipped(report.destinations)
        if skipped.row_count:
            console.print(skipped)
    for line in _remarks(report):
        console.print(line)
    console.print()


def _sources(sources: list[SourceReport]) -> Table:
    table = Table("Read from", "System", "Rows read", "Stage entries", "Set aside", box=None, pad_edge=False)
    for source in sources:
        stages = ", ".join(f"{stage} {count:,}" for stage, count in source.entries.most_common())
        table.add_row(source.name, source.system, f"{source.read:,}", stages or "–", f"{source.set_aside:,}")
    return table


def _destinations(
    destinations: list[DestinationReport], matched: Mapping[str, int] | None, *, dry_run: bool
) -> Table:
    """``matched`` makes a column only where somebody knows: the platforms do not tell."""
    sent = ("Would send",) if dry_run else ("Sent", "Accepted", "Refused", "Waiting")
    table = Table("Sent to", "Conversions", "Already known", "Skipped", *sent, box=None, pad_edge=False)
    if matched is not None:
        table.add_column("Matched")
    if not dry_run:
        table.add_column("Value accepted")
    for lane in destinations:
        known = lane.skipped["already_known"]
        waiting = lane.waiting + lane.held
        counts = (lane.queued,) if dry_run else (lane.sent, lane.accepted, lane.rejected.total(), waiting)
        table.add_row(
            lane.name,
            ", ".join(f"{stage} {count:,}" for stage, count in lane.conversions.most_common()) or "–",
            *(f"{count:,}" for count in (known, lane.skipped.total() - known, *counts)),
            *([f"{matched.get(lane.name, 0):,}"] if matched is not None else []),
            *([] if dry_run else [money(dict(lane.value))]),
        )
    return table


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


def _changes(source: SourceReport) -> list[str]:
    """What the source took back, and what became of it."""
    remarks = []
    if source.amended:
        remarks.append(
            f"orders whose amount has changed since it was read: {source.amended:,};"
            " what was sent of them stays as it was sent"
        )
    if refunds := source.entries[REFUND_STAGE]:
        remarks.append(
            f"refunds read: {refunds:,}; each is taken off the value of its order once that is known"
        )
    if source.refunded_after_sending:
        remarks.append(
            f"orders refunded after they had been sent: {source.refunded_after_sending:,};"
            " what the platforms count of them has not been changed"
        )
    if source.withdrawn:
        remarks.append(
            f"conversions that waited and are not sent, their records being deleted or merged: {source.withdrawn:,}"
        )
    return remarks
