"""The curves of ``closedwon values`` as a picture: SVG, which browsers and documents show, without a library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import typer

from closedwon.quality.figures import Learned, StageValue

_WIDTH, _HEIGHT = 860, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 50, 60
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's, which the colour-blind tell apart."""

_TICKS = 5


def write_plot(learned: Learned, path: Path) -> None:
    """Write the share won by days since each stage, with its interval, to ``path``."""
    try:
        path.write_text("\n".join(_picture(learned)) + "\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None
    typer.echo(f"plot written to {path}", err=True)


def _picture(learned: Learned) -> Iterator[str]:
    stages = [one for one in learned.stages if one.curve]
    days = max(one.curve[-1].days for one in stages) or 1
    top = max(point.high for one in stages for point in one.curve)
    scale = _Scale(days, top)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        f' font-size="13"><rect width="100%" height="100%" fill="white"/>'
    )
    title = f"{learned.client}: share won by days since entering a stage, with intervals of {learned.interval:.0%}"
    yield f'<text x="{_LEFT}" y="26" font-size="16">{escape(title)}</text>'
    yield from _axes(scale)
    for n, one in enumerate(stages):
        yield from _curve(one, scale, _COLOURS[n % len(_COLOURS)])
    yield from _legend(stages)
    yield "</svg>"


class _Scale:
    """From days and shares to the picture's points."""

    def __init__(self, days: int, top: float) -> None:
        self.days, self.top = days, top

    def x(self, days: float) -> float:
        return round(_LEFT + days / self.days * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, share: float) -> float:
        return round(_HEIGHT - _BOTTOM - share / self.top * (_HEIGHT - _TOP - _BOTTOM), 1)


def _axes(scale: _Scale) -> Iterator[str]:
    for n in range(_TICKS + 1):
        share, day = scale.top * n / _TICKS, scale.days * n / _TICKS
        yield (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{scale.y(share)}" y2="{scale.y(share)}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{scale.y(share) + 4}" text-anchor="end">{share:.1%}</text>'
            f'<text x="{scale.x(day)}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{day:.0f}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 16}" text-anchor="middle">days since entering the stage</text>'


def _curve(one: StageValue, scale: _Scale, colour: str) -> Iterator[str]:
    upper = [(point.days, point.high) for point in one.curve]
    lower = [(point.days, point.low) for point in reversed(one.curve)]
    yield f'<polygon points="{_points([*upper, *lower], scale)}" fill="{colour}" opacity="0.15"/>'
    line = _points([(point.days, point.share) for point in one.curve], scale)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _points(pairs: Sequence[tuple[int, float]], scale: _Scale) -> str:
    return " ".join(f"{scale.x(days)},{scale.y(share)}" for days, share in pairs)


def _legend(stages: Sequence[StageValue]) -> Iterator[str]:
    for n, one in enumerate(stages):
        y = _TOP + 12 + 38 * n
        colour, last = _COLOURS[n % len(_COLOURS)], one.curve[-1]
        yield (
            f'<rect x="{_WIDTH - _RIGHT + 18}" y="{y - 9}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{_WIDTH - _RIGHT + 36}" y="{y + 2}">{escape(one.stage)}: {last.share:.1%}</text>'
            f'<text x="{_WIDTH - _RIGHT + 36}" y="{y + 18}" fill="#666">{one.wins:,} of {one.leads:,} leads</text>'
        )
