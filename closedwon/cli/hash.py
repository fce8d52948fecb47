"""``closedwon hash``: what each platform would be told of a person, JSON Lines in and out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TextIO, cast

import typer

from closedwon.cli.failures import MISUSED
from matching import explain_rows

_BATCH = 1_000


def run_hash(platform: str, country: str | None) -> None:
    """Read objects from standard input until its end; a line that is no object ends the command with code 2."""
    rows = _rows(sys.stdin)
    while batch := list(islice(rows, _BATCH)):
        for result in explain_rows(batch, cast(Literal["meta", "google"], platform), country):
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _rows(lines: TextIO) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            typer.echo(
                f'closedwon: standard input, line {number}: expected a JSON object such as {{"email": "…"}}',
                err=True,
            )
            raise typer.Exit(MISUSED)
        yield row
