"""``closedwon hash``: what each platform would be told of a person, JSON Lines in and out."""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from typing import Any, Literal, cast

import typer

from closedwon.cli.failures import MISUSED
from matching import BirthDateOrder, explain_rows

_BATCH = 1_000


def run_hash(platform: str, country: str | None, birth_dates: str | None) -> None:
    """Read objects from standard input until its end; a line that is no object ends the command with code 2."""
    if country is not None and not re.fullmatch(r"[A-Za-z]{2}", country):
        raise typer.BadParameter(
            f"--country {country}: expected two letters (ISO 3166-1 alpha-2), such as FR"
        )
    lines = enumerate(sys.stdin, start=1)
    while batch := list(islice(lines, _BATCH)):
        rows, wrong = _rows(batch)
        results = explain_rows(
            rows,
            cast(Literal["meta", "google"], platform),
            country,
            birth_dates=cast(BirthDateOrder | None, birth_dates),
        )
        for result in results:
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if wrong is not None:
            message = f'standard input, line {wrong}: expected a JSON object such as {{"email": "…"}}'
            typer.echo(f"closedwon: {message}", err=True)
            raise typer.Exit(MISUSED)


def _rows(lines: list[tuple[int, str]]) -> tuple[list[dict[str, Any]], int | None]:
    """The objects of ``lines`` up to the first that is none, and the number of that one."""
    rows: list[dict[str, Any]] = []
    for number, line in lines:
        text = line.removeprefix("\ufeff").strip()
        if not text:
            continue
        try:
            row = json.loads(text)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            return rows, number
        rows.append(row)
    return rows, None
