"""What a command must not import: libraries that it has no use for cost its user more than its work does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

FRAMES = {"numpy", "pandas", "pyarrow"}
SDKS = {
    "facebook_business",
    "google.ads",
    "google.auth",
    "grpc",
    "hubspot",
    "requests",
    "simple_salesforce",
    "urllib3",
}
MIGRATIONS = {"alembic"}

NEVER: Mapping[tuple[str, ...], set[str]] = {
    ("status",): FRAMES | SDKS | MIGRATIONS | {"polars", "matching"},
    ("explain", "T1"): FRAMES | SDKS | MIGRATIONS | {"polars", "matching"},
    ("sync", "--all"): FRAMES | SDKS | MIGRATIONS,
    ("audiences", "--all"): FRAMES | SDKS | MIGRATIONS,
    ("check", "--all", "--offline"): FRAMES | SDKS | MIGRATIONS,
}
"""By the command, run when nothing is new and nothing waits, what it must do without."""

# Of people who refuse nothing is sent, so that no platform has to be there.
CLIENT = """\
client: acme
timezone: Europe/Paris
country: FR
currency: EUR
sources:
  shops:
    type: pos_files
    path: till.csv
    columns: {order_id: Ticket, entered_at: Date, amount: Total, email: Mail}
destinations:
  meta: {dataset_id: "1234567890", access_token: EAA-invented}
  google: {customer_id: 123-456-7890, credentials: key.json}
conversions:
  purchase: {value: amount, meta: Purchase, google: "333333333"}
consent: {default: denied}
identity: {stitch: true}
"""
TILL = "Ticket,Date,Total,Mail\nT1,2026-11-20 10:15,12.50,ada@mail.example\n"

START = """\
import json, sys
from closedwon.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
with open({report!r}, "w") as file:
    json.dump([code, sorted(sys.modules)], file)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client whose till has been read."""
    folder = tmp_path_factory.mktemp("imports")
    (folder / "acme.yaml").write_text(CLIENT, encoding="utf-8")
    (folder / "till.csv").write_text(TILL, encoding="utf-8")
    (folder / "key.json").write_text("{}", encoding="utf-8")
    assert imported(folder, "sync", "--all") >= FRAMES | MIGRATIONS
    return folder


def imported(folder: Path, *command: str) -> set[str]:
    report = folder / "modules.json"
    environment = {**os.environ, "CLOSEDWON_CLIENTS": str(folder)}
    environment["CLOSEDWON_DATABASE_URL"] = f"sqlite:///{folder / 'ledger.db'}"
    ended = subprocess.run(
        [sys.executable, "-c", START.format(report=str(report)), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )
    code, modules = json.loads(report.read_text(encoding="utf-8"))
    assert code == 0, ended.stderr
    return set(modules)


@pytest.mark.parametrize("command", NEVER, ids=lambda command: command[0])
def test_a_command_imports_nothing_that_it_has_no_use_for(folder: Path, command: tuple[str, ...]) -> None:
    assert not imported(folder, *command) & NEVER[command]
