"""A sandbox with its generated clients on disk, and ways to run them as a user or a job would."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from closedwon.cli.clients import open_ledger
from closedwon.pipeline.report import RunReport, SourceReport
from closedwon.pipeline.run import RunOptions, run_client
from closedwon.sandbox.scenario import Scenario, generate
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from config import load_client

ROOT = Path(__file__).resolve().parents[2]
INSTALLER, SHOPS, SCHOOL = CLIENTS = ("helio-solar", "lumen-shops", "atlas-school")


@dataclass
class Stage:
    scenario: Scenario
    sandbox: RunningSandbox
    clients: Path

    def run(self, client: str, options: RunOptions | None = None) -> RunReport:
        """One run in this process, through the code that the command line calls."""
        file = load_client(self.clients / f"{client}.yaml")
        with open_ledger(file) as ledger:
            return run_client(file.settings, ledger, options=options or RunOptions())

    def purchases(self) -> list[dict[str, Any]]:
        """The purchases of the shop chain that Meta counted: it hears of bookings too."""
        return [event for event in self.meta_events(SHOPS) if event["event_name"] == "Purchase"]

    def closedwon(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The command line as a process of its own."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment(),
            **options,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from closedwon.cli import main; main()", *arguments]

    def meta_events(self, client: str) -> list[dict[str, Any]]:
        dataset = load_client(self.clients / f"{client}.yaml").settings.destinations.meta
        assert dataset is not None
        return self.sandbox.systems["meta"].counted(dataset.dataset_id)  # type: ignore[attr-defined,no-any-return]

    def google_events(self, client: str) -> list[dict[str, Any]]:
        account = load_client(self.clients / f"{client}.yaml").settings.destinations.google
        assert account is not None
        return self.sandbox.systems["google"].counted(account.customer_id)  # type: ignore[attr-defined,no-any-return]

    def ledger_rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the ledger that all clients share."""
        path = self.clients / ".closedwon" / "ledger.db"
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    def counted_once(self) -> dict[str, set[str]]:
        """Ids that each platform counted, by client and platform; fails where one was counted twice."""
        found: dict[str, set[str]] = {}
        for client in CLIENTS:
            ids = {
                f"{client} meta": Counter(event["event_id"] for event in self.meta_events(client)),
                f"{client} google": Counter(event["transaction_id"] for event in self.google_events(client)),
            }
            for lane, counts in ids.items():
                assert not counts or max(counts.values()) == 1, f"{lane}: counted twice"
                found[lane] = set(counts)
        return found


def tills(report: RunReport) -> SourceReport:
    """What a run of the shop chain says of the tills: it reads the website's portal too."""
    return next(source for source in report.sources if source.name == "shops")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def opened(
    folder: Path, *, leads: int = 60, purchases: int = 200, seed: int = 11, now: datetime | None = None
) -> Iterator[Stage]:
    scenario = generate(seed, leads=leads, purchases=purchases, now=now or datetime.now(UTC))
    with serve_in_thread(scenario.world) as sandbox:
        scenario.write(folder, sandbox.url)
        yield Stage(scenario, sandbox, folder / "clients")
