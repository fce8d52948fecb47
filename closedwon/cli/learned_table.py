"""What was learned, as tables and curves on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.output import minute
from closedwon.ledger.quality.versions import Version
from closedwon.quality.figures import Interval, Learned, Point, StageValue
from closedwon.quality.stages import StageAdvice
from closedwon.quality.versions import Drift

_BLOCKS = " ▁▂▃▄▅▆▇█"
_HEIGHT = 4
_SEGMENTS_SHOWN = 15
_LARGE = 1_000
"""Amounts from which on cents say nothing."""

_PLATFORMS = {"meta": "Meta", "google": "Google"}


def show_learned(
    screen: Console, learned: Learned, drifts: Mapping[str, Drift], version: Version | None
) -> None:
    """The table of stages, and for each that has a value its curve."""
    screen.rule(f"[bold]{learned.client}: what a lead is worth[/]", align="left")
    frozen = f"version {version.version} is in use" if version else "no version is frozen yet"
    screen.print(
        f"By what became of leads until {minute(learned.until)}: won is {learned.won};"
        f" intervals of {learned.interval:.0%}; {frozen}"
    )
    table = Table(
        "Stage", "Leads", "Won", "Probability", "Median days", f"Won value {learned.currency}",
        f"Value {learned.currency}", "Since frozen", box=None, pad_edge=False,
    )  # fmt: skip
    for one in learned.stages:
        table.add_row(one.stage, f"{one.leads:,}", f"{one.wins:,}", *_estimates(one, drifts.get(one.stage)))
    screen.print(table)
    for one in learned.stages:
        if one.refused:
            screen.print(f"[yellow]{one.stage}: nothing is learned: {one.refused}[/]")
    for note in learned.notes:
        screen.print(f"[yellow]{escape(note)}[/]")
    _show_curves(screen, [one for one in learned.stages if one.curve])


def _estimates(one: StageValue, moved: Drift | None) -> list[str]:
    if one.probability is None or one.won_value is None or one.value is None:
        return ["–"] * 5
    return [
        _percents(one.probability),
        f"{one.median_days}",
        _amounts(one.won_value),
        f"[bold]{_amounts(one.value)}[/]",
        movement(moved),
    ]


def _percents(share: Interval) -> str:
    return f"{share.estimate:.1%} ({share.low:.1%}–{share.high:.1%})"


def _amounts(amount: Interval) -> str:
    decimals = 0 if amount.estimate >= _LARGE else 2
    return f"{amount.estimate:,.{decimals}f} ({amount.low:,.0f}–{amount.high:,.0f})"


def movement(moved: Drift | None) -> str:
    """How far a value has moved from the frozen one, in percent."""
    if moved is None:
        return "–"
    outside = ", [red]outside its interval[/]" if moved.is_outside else ""
    # Rounded before it is written: what hardly fell would read -0.
    return f"{round(moved.percent):+d} %{outside}"


def _show_curves(screen: Console, stages: Sequence[StageValue]) -> None:
    if not stages:
        return
    top = max(one.curve[-1].share for one in stages)
    screen.print()
    screen.print(f"Share won within so many days of entering the stage (full height: {top:.1%})")
    for one in stages:
        for n, line in enumerate(_bars(one.curve, top)):
            label = f"{one.stage[:14]:>14}" if n == _HEIGHT - 1 else " " * 14
            screen.print(f"{label} {line}", no_wrap=True)
        last = one.curve[-1]
        ruler = f"0 {'─' * (len(one.curve) - len(str(last.days)) - 8)} {last.days} days"
        screen.print(f"{'':>14} [dim]{ruler}[/]  {last.share:.1%}", no_wrap=True)


def _bars(curve: Sequence[Point], top: float) -> Iterator[str]:
    """The curve as lines of blocks, the highest first."""
    levels = [round(point.share / top * _HEIGHT * 8) for point in curve]
    for line in reversed(range(_HEIGHT)):
        yield "".join(_BLOCKS[min(8, max(0, level - 8 * line))] for level in levels)


def show_segments(screen: Console, learned: Learned) -> None:
    """The values by segment, those with the most leads, of each stage."""
    for one in learned.stages:
        if not one.segments:
            continue
        table = Table(
            "Segment", "", "Leads", "Won", "Probability", "Won value", "Value",
            title=f"{one.stage}: by segment, drawn towards the whole where little is known",
            title_justify="left", box=None, pad_edge=False,
        )  # fmt: skip
        for column in dict.fromkeys(segment.column for segment in one.segments):
            for segment in [each for each in one.segments if each.column == column][:_SEGMENTS_SHOWN]:
                table.add_row(
                    column,
                    escape(segment.name),
                    f"{segment.leads:,}",
                    f"{segment.wins:,}",
                    _percents(segment.probability),
                    _amounts(segment.won_value),
                    _amounts(segment.value),
                )
        screen.print()
        screen.print(table)


def show_advice(screen: Console, advice: StageAdvice, learned: Learned) -> None:
    """Which stage to optimise for, with the figures that speak for it."""
    screen.print()
    screen.rule("[bold]Which stage to optimise for[/]", align="left")
    table = Table(
        "Stage", "28 days", "90 days", "A week", "Of leads", "Median days", "9 of 10 within", "Predicts (AUC)",
        "Of revenue", f"Value {learned.currency}", box=None, pad_edge=False,
    )  # fmt: skip
    for row in advice.rows:
        table.add_row(
            row.stage,
            f"{row.last_28:,}",
            f"{row.last_90:,}",
            f"{row.per_week:,.0f}",
            _known(row.reach, ".1%"),
            _known(row.median_days, ".0f"),
            _known(row.p90_days, ".0f"),
            _known(row.auc, ".2f"),
            _known(row.revenue, ".0%"),
            _known(row.value, ",.2f"),
        )
    screen.print(table)
    for one in advice.recommendations:
        stage = f"[bold]{one.stage}[/], " if one.stage else ""
        screen.print(f"{_PLATFORMS[one.platform]}: {stage}{escape(one.reason)}")


def _known(figure: float | None, form: str) -> str:
    return "–" if figure is None else format(figure, form)


def show_changes(
    screen: Console, learned: Learned, drifts: Mapping[str, Drift], version: str, *, is_sent: bool
) -> None:
    """What a new version changes; ``is_sent`` where the client's file asks for it."""
    screen.print()
    becomes = (
        "The next run sends these values; what was sent keeps its own."
        if is_sent
        else "[yellow]No conversion of the client's file asks for it yet: write value: learned.[/]"
    )
    screen.print(f"[bold]Frozen as {version}.[/] {becomes}")
    for one in learned.stages:
        before = drifts.get(one.stage)
        if one.value is not None:
            was = f"{before.frozen.estimate:,.2f} before" if before else "new"
            screen.print(f"  {one.stage}: {one.value.estimate:,.2f} {learned.currency} ({was})")
        else:
            screen.print(f"  {one.stage}: no value, so that its conversions wait")
