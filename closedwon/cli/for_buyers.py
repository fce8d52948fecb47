"""What an ad buyer would see of a client: readiness for each goal, what leads are worth, which stage to choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape

from closedwon.cli.clients import open_ledger
from closedwon.cli.learned_table import show_advice, show_learned
from closedwon.cli.readiness import MARKS
from closedwon.pipeline.opening import utc_now
from closedwon.quality.figures import Learned
from closedwon.quality.learning import History, learn
from closedwon.quality.stages import StageAdvice, advise
from closedwon.readiness.figures import Verdict
from closedwon.readiness.judging import Result, readiness
from closedwon.readiness.platforms import asked
from config import ClientFile
from config.redaction import redact


@dataclass(frozen=True)
class Outlook:
    """One client as an ad buyer looks at it."""

    client: str
    readiness: Sequence[Result]
    learned: Learned
    advice: StageAdvice

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "client": self.client,
            "readiness": [one.as_json() for one in self.readiness],
            "learned": self.learned.as_json(),
            "advice": asdict(self.advice),
        }


def outlook(file: ClientFile) -> Outlook:
    """Measure a client by its ledger and by what its platforms say."""
    settings, now = file.settings, utc_now()
    with open_ledger(file) as ledger:
        results = readiness(settings, ledger, now, asked(settings))
        history = History.read(ledger, settings, now)
    learned = learn(history, settings)
    return Outlook(settings.client, results, learned, advise(history, learned))


def show_outlook(screen: Console, found: Outlook) -> None:
    """Readiness in a line a goal and one for each thing that is not met, then values and the stage to choose."""
    screen.rule(f"[bold]{found.client}: what an ad buyer would see[/]", align="left")
    for goal, group in groupby(found.readiness, key=lambda one: one.requirement.goal):
        results = list(group)
        counts = Counter(one.verdict for one in results)
        screen.print(
            f"[bold]{goal}[/]: {counts[Verdict.PASS]} met, {counts[Verdict.WARN]} to look at,"
            f" {counts[Verdict.FAIL]} not met"
        )
        for one in results:
            if one.verdict is not Verdict.PASS and not one.figure.missing:
                of = f" ({one.figure.subject})" if one.figure.subject else ""
                screen.print(
                    f"  {MARKS[one.verdict]} {escape(redact(one.requirement.says + of))}: {escape(redact(one.recent))},"
                    f" asked for {escape(one.threshold)}. {escape(one.requirement.next_step)}"
                )
        for reason, times in Counter(one.figure.missing for one in results if one.figure.missing).items():
            screen.print(f"  {MARKS[Verdict.WARN]} {times} not measured, since {escape(redact(reason))}")
    screen.print()
    show_learned(screen, found.learned, {}, None)
    show_advice(screen, found.advice, found.learned)
    screen.print()
