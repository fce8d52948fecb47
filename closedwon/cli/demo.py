"""``closedwon demo``: the main job against the sandbox, through the very code that a real client runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import typer
from rich.markup import escape

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.for_buyers import outlook, show_outlook
from closedwon.cli.output import console, print_json
from closedwon.cli.progress import observer
from closedwon.cli.recognition import Recognition, recognition
from closedwon.cli.summary import show_run
from closedwon.cli.sync import sync_client
from closedwon.ledger.views.records import finished_record
from closedwon.pipeline.observer import Silent
from closedwon.pipeline.report import RunReport
from config import ClientFile

_MARKER = ".closedwon-demo"
_BUYERS_CLIENT = "helio-solar"
"""The client with the longest way from a lead to a sale."""


@dataclass(frozen=True)
class Sandbox:
    """The sandbox's process: where it listens, and what it counted."""

    url: str

    def report(self) -> dict[str, Any]:
        """What the platforms counted, by system and account."""
        with urlopen(f"{self.url}/_sandbox/report") as answer:  # noqa: S310 (loopback)
            report: dict[str, Any] = json.load(answer)
        return report


def run_demo(folder: Path, *, seed: int, leads: int, purchases: int, as_json: bool) -> None:
    """Generate three clients, sync them twice, and show the result."""
    _fresh(folder)
    began = time.monotonic()
    screen = console()
    if not as_json:
        screen.print(
            f"Inventing three clients with {leads:,} leads and {purchases:,} purchases, and starting the sandbox …"
        )
    with sandbox(folder, seed=seed, leads=leads, purchases=purchases) as server:
        files = chosen([], everything=True, folder=folder / "clients")
        with observer() as watching:
            first = [sync_client(file, watching) for file in files]
        second = [sync_client(file, Silent()) for file in files]
        recognised = {file.settings.client: _recognised(server, file) for file in files}
        bought_for = outlook(next(file for file in files if file.settings.client == _BUYERS_CLIENT))
        counted = server.report()
    if as_json:
        print_json(
            {
                "first": [run.as_json() for run in first],
                "second": [run.as_json() for run in second],
                "recognised": {
                    client: {name: one.as_json() for name, one in lanes.items()}
                    for client, lanes in recognised.items()
                },
                "outlook": bought_for.as_json(),
                "sandbox": counted,
            }
        )
    else:
        for run in first:
            show_run(screen, run, recognised=recognised[run.client])
        _show_second(second)
        show_outlook(screen, bought_for)
        _show_next(folder, files, time.monotonic() - began)
    failed = any(run.failures for run in (*first, *second))
    if failed or any(lane.sent for run in second for lane in run.destinations):
        raise typer.Exit(FAILED)


@contextmanager
def sandbox(folder: Path, *, seed: int, leads: int, purchases: int) -> Iterator[Sandbox]:
    """A sandbox in a process of its own, which ends with this one however this one ends."""
    command = [
        sys.executable, "-m", "closedwon.sandbox", "--port", "0", "--write", str(folder), "--seed", str(seed),
        "--leads", str(leads), "--purchases", str(purchases), "--until-stdin-closes",
        "--google-ads", "--no-legacy-client",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own interpreter)
        assert process.stdout is not None  # noqa: S101 (for the type checker)
        assert process.stdin is not None  # noqa: S101
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the sandbox did not start; its message stands above")
            yield Sandbox(json.loads(line)["url"])
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def _fresh(folder: Path) -> None:
    """An empty folder; one with anything else than an earlier demo in it is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARKER).exists():
            raise typer.BadParameter(
                f"{folder} holds something else than a demo; choose another folder with --dir"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).write_text("made by `closedwon demo`, which replaces this folder\n", encoding="utf-8")


def _recognised(server: Sandbox, file: ClientFile) -> dict[str, Recognition]:
    with open_ledger(file) as ledger:
        return recognition(server.url, file, ledger)


def _show_second(second: list[RunReport]) -> None:
    screen = console()
    screen.rule("[bold]The same again[/]", align="left")
    for run in second:
        lanes = ", ".join(f"{lane.name} {lane.sent:,} sent" for lane in run.destinations)
        read = sum(source.read for source in run.sources)
        known = max((lane.skipped["already_known"] for lane in run.destinations), default=0)
        screen.print(f"{run.client}: {read:,} rows read again, {known:,} conversions known already; {lanes}")
    screen.print()


def _show_next(folder: Path, files: list[ClientFile], seconds: float) -> None:
    screen = console()
    screen.rule("[bold]Where it lies, and what to try next[/]", align="left")
    command = Path(sys.argv[0]).name if shutil.which("closedwon") else ".venv/bin/closedwon"
    clients = escape(str(folder / "clients"))
    screen.print(
        f"The clients' files are in {clients}, their ledger in {clients}/.closedwon ({seconds:.0f} seconds in all)."
    )
    screen.print(f"  {command} status --clients {clients}")
    for file in files:
        with open_ledger(file) as ledger:
            record = finished_record(ledger, file.settings.client)
        if record:
            screen.print(f"  {command} explain {record} --clients {clients}")
    screen.print(f"  {command} values {_BUYERS_CLIENT} --clients {clients}")
    screen.print(f"  {command} check --all --offline --clients {clients}")
    screen.print(f"The demo's sandbox has ended with it; {command} sandbox starts one to sync with.")
