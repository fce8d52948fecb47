"""A ledger on a server through the command line: once each, one run at a time, and over a server that crashes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import INSTALLER, Stage, environment, opened
from tests.servers import PostgresServer


@pytest.fixture
def stage(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("CLOSEDWON_DATABASE_URL", postgresql_url)
    with opened(tmp_path, leads=20, purchases=60) as made:
        yield made


def sync(stage: Stage) -> subprocess.CompletedProcess[str]:
    return stage.closedwon("sync", INSTALLER, "--clients", str(stage.clients), "--json")


def accepted(stage: Stage) -> int:
    """What one more run sends."""
    report = stage.run(INSTALLER)
    assert report.complete
    return sum(lane.accepted for lane in report.destinations)


@contextmanager
def interrupted(stage: Stage) -> Iterator[subprocess.Popen[str]]:
    """A run that is waiting for a platform's answer."""
    stage.sandbox.faults.add(*(Fault(system, "slow", seconds=0.8) for system in ("meta", "google")))
    with subprocess.Popen(
        stage.command("sync", INSTALLER, "--clients", str(stage.clients)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(),
    ) as process:  # fmt: skip
        while process.poll() is None and not sum(stage.sandbox.faults.report().values()):
            time.sleep(0.005)
        assert process.poll() is None
        yield process


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_commands_work_on_a_server_as_they_do_on_a_file(stage: Stage, postgresql_url: str) -> None:
    first = sync(stage)
    assert first.returncode == 0, first.stderr
    assert stage.meta_events(INSTALLER)
    assert accepted(stage) == 0
    shown = stage.closedwon("status", INSTALLER, "--clients", str(stage.clients), "--json")
    (client,) = json.loads(shown.stdout)
    assert client["lanes"]["meta"]["states"]["accepted"] == len(stage.meta_events(INSTALLER))
    query = "SELECT record_id FROM stage_entries JOIN deliveries USING (client, event_id) WHERE state = 'accepted'"
    ((record,), *_) = rows(postgresql_url, query)
    told = stage.closedwon("explain", record, "--clients", str(stage.clients), "--json")
    assert any(one["state"] == "accepted" for entry in json.loads(told.stdout) for one in entry["deliveries"])
    assert not (stage.clients / ".closedwon" / "ledger.db").exists()


def test_a_second_run_of_a_client_says_who_is_at_work_and_the_next_finishes_what_a_dead_one_began(
    stage: Stage,
) -> None:
    with interrupted(stage) as process:
        process.send_signal(signal.SIGSTOP)
        second = sync(stage)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert accepted(stage) > 0
    assert second.returncode == 1
    assert (
        f"another run is in progress ({socket.gethostname()}, process {process.pid}, since" in second.stdout
    )
    assert "wait for it to end" in second.stdout
    assert accepted(stage) == 0
    assert stage.counted_once()[f"{INSTALLER} meta"]


def test_a_server_that_crashes_and_returns_loses_nothing_and_doubles_nothing(
    stage: Stage, postgresql: PostgresServer
) -> None:
    with interrupted(stage) as process:
        postgresql.stop()
        time.sleep(1)
        postgresql.start()
        said, _ = process.communicate(timeout=60)
    # A lane that was cut off within a transaction is left to the next run.
    assert process.returncode == 0 or "ledger postgresql://" in said
    stage.run(INSTALLER)
    assert accepted(stage) == 0
    found = stage.counted_once()
    assert found[f"{INSTALLER} meta"]
    assert found[f"{INSTALLER} google"]


def test_a_database_that_is_down_is_said_without_its_password(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEDWON_DATABASE_URL", "postgresql://ada:invented-password@127.0.0.1:1/closedwon")
    for command in ("sync", "status"):
        result = stage.closedwon(command, INSTALLER, "--clients", str(stage.clients))
        said = result.stdout + result.stderr
        assert result.returncode == 1
        assert "127.0.0.1:1/closedwon" in said
        assert "invented-password" not in said
