"""``closedwon values``: what leads are worth by what became of earlier ones, and freezing it for conversions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from closedwon.cli.clients import chosen, open_existing
from closedwon.cli.failures import FAILED
from closedwon.cli.learned_table import show_advice, show_changes, show_learned, show_segments
from closedwon.cli.output import console, print_json
from closedwon.ledger.quality.versions import newest_version
from closedwon.pipeline.opening import utc_now
from closedwon.quality.learning import History, learn
from closedwon.quality.scope import uses_learned_values
from closedwon.quality.stages import advise
from closedwon.quality.versions import drift, freeze
from config import ClientFile


def run_values(
    name: str, folder: Path, *, freezes: bool, segments: bool, as_json: bool, plot: Path | None
) -> None:
    """Learn from the ledger of one client and show it; exit 1 where nothing can be learned.

    With ``freezes``, what was learned becomes what ``value: learned`` sends; with ``plot``, the curves go to a file.
    """
    if plot is not None and plot.suffix.lower() != ".svg":
        raise typer.BadParameter(f"the picture is an SVG: expected a name that ends in .svg, got {plot.name}")
    (file,) = chosen([name], everything=False, folder=folder)
    _check(file, segments=segments)
    settings, now = file.settings, utc_now()
    with open_existing(file) as ledger:
        history = History.read(ledger, settings, now)
        learned = learn(history, settings)
        before = newest_version(ledger, settings.client)
        drifts = drift(learned, before) if before else {}
        advice = advise(history, learned)
        frozen = freeze(ledger, settings, learned, now) if freezes and learned.has_values else None
    if as_json:
        print_json(
            learned.as_json()
            | {
                "version": before.version if before else None,
                "drift": {stage: asdict(one) for stage, one in drifts.items()},
                "advice": asdict(advice),
                "frozen": frozen,
            }
        )
    else:
        screen = console()
        show_learned(screen, learned, drifts, before)
        if segments:
            show_segments(screen, learned)
        if any(one.leads for one in learned.stages):
            show_advice(screen, advice, learned)
        else:
            screen.print(f"No lead of it has been read yet: closedwon sync {settings.client} first.")
        if frozen:
            show_changes(screen, learned, drifts, frozen, is_sent=uses_learned_values(settings))
        elif freezes:
            screen.print("Nothing was frozen.")
    if plot is not None and learned.has_values:
        from closedwon.cli.incidence_plot import write_plot

        write_plot(learned, plot)
    if not learned.has_values:
        raise typer.Exit(FAILED)


def _check(file: ClientFile, *, segments: bool) -> None:
    settings = file.settings
    if settings.currency is None:
        raise typer.BadParameter(
            f"{file.path} names no currency, in which values would be: write currency: EUR"
        )
    if segments and not settings.quality.segments:
        raise typer.BadParameter(
            f"{file.path} names no segments: write quality: {{segments: [campaign, lead_source]}}"
        )
