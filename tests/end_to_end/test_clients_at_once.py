"""Clients that run at once: one's bad token, broken file or throttling neither stops nor delays another's run."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from closedwon.sandbox.faults import Fault
from config import load_client
from tests.end_to_end.stage import CLIENTS, INSTALLER, SCHOOL, SHOPS, Stage, environment

pytestmark = pytest.mark.slow


def change(stage: Stage, name: str, right: str, wrong: str) -> None:
    path = stage.clients / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")


def dataset(stage: Stage, client: str) -> str:
    meta = load_client(stage.clients / f"{client}.yaml").settings.destinations.meta
    assert meta is not None
    return meta.dataset_id


def throttle(stage: Stage, client: str, seconds: int) -> None:
    """Meta asks for a wait whenever it is called about the client's dataset."""
    stage.sandbox.faults.add(
        Fault(
            "meta", "status", status=429, times=None, path=f"/v26.0/{dataset(stage, client)}",
            headers={"Retry-After": str(seconds)},
        )
    )  # fmt: skip


def test_clients_that_fail_at_once_keep_no_other_from_ending_well(stage: Stage) -> None:
    change(stage, f"{INSTALLER}.yaml", "${HELIO_META_TOKEN}", "EAAnosuchtoken000000000000")
    for path in (stage.clients / "pos").glob("*.csv"):
        path.write_bytes(b"\x00\x01 no table")
    result = stage.closedwon("sync", "--all", "--json", "--clients", str(stage.clients), "--jobs", "3")
    assert result.returncode == 1
    reports = {report["client"]: report for report in json.loads(result.stdout)}
    assert list(reports) == sorted(CLIENTS)
    lanes = {lane["name"]: lane for lane in reports[INSTALLER]["destinations"]}
    assert "access token" in lanes["meta"]["error"]
    assert lanes["google"]["accepted"] > 0
    assert any(source["error"] for source in reports[SHOPS]["sources"])
    assert not reports[SCHOOL]["errors"]
    assert all(lane["accepted"] and not lane["error"] for lane in reports[SCHOOL]["destinations"])


def test_a_client_that_is_throttled_delays_no_other_and_ends_in_order_on_ctrl_c(stage: Stage) -> None:
    throttle(stage, SCHOOL, 100)
    began = time.monotonic()
    command = stage.command("sync", "--all", "--clients", str(stage.clients), "--jobs", "3")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        until(lambda: ended(stage) == {INSTALLER, SHOPS})
        assert process.poll() is None
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert time.monotonic() - pressed < 10
    assert process.returncode == 130
    assert "stopped; what was done is done" in said
    assert "Traceback" not in said
    assert time.monotonic() - began < 100
    assert stage.ledger_rows(f"SELECT outcome FROM runs WHERE client = '{SCHOOL}'") == [("incomplete",)]
    assert stage.ledger_rows("SELECT count(*) FROM deliveries WHERE state = 'sending'") == [(0,)]
    stage.sandbox.faults.clear()
    assert stage.run(SCHOOL).complete
    assert stage.counted_once()[f"{SCHOOL} meta"]


def ended(stage: Stage) -> set[str]:
    if not (stage.clients / ".closedwon" / "ledger.db").exists():
        return set()
    tables = stage.ledger_rows("SELECT 1 FROM sqlite_master WHERE name = 'runs'")
    rows = stage.ledger_rows("SELECT client FROM runs WHERE outcome <> 'running'") if tables else []
    return {client for (client,) in rows}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
