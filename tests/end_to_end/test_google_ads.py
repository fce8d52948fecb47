"""The client of the sandbox that uses the Google Ads API: each sale counted once, restated, taken back, or held."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from closedwon.pipeline.report import DestinationReport
from closedwon.sandbox.faults import Fault
from closedwon.sandbox.google_ads.methods import ADJUST, UPLOAD
from closedwon.sandbox.scenario import generate
from closedwon.sandbox.server import serve_in_thread
from tests.end_to_end.stage import Stage, environment
from tests.end_to_end.test_changes import edit, one_order

LEGACY = "lumen-shops-legacy"


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Stage]:
    """One till, which sold once three days ago, to somebody whom Google knows."""
    scenario = generate(11, leads=10, purchases=20, now=datetime.now(UTC))
    with serve_in_thread(scenario.world, google_ads=True) as sandbox:
        scenario.write(tmp_path, sandbox.url, google_ads=sandbox.addresses["google_ads"])
        stage = Stage(scenario, sandbox, tmp_path / "clients")
        sold(stage)
        yield stage


def sold(stage: Stage, **changes: str) -> None:
    """The till's one sale; ``changes`` replace cells of it."""
    world = stage.scenario.world
    person = world.people[min(world.known_by["google"])]
    days_ago = world.now - timedelta(days=3)
    one_order(stage, Email=person.email, Date=days_ago.strftime("%Y-%m-%d 00:10:00"), **changes)


def synced(stage: Stage) -> DestinationReport:
    (lane,) = stage.run(LEGACY).destinations
    return lane


def reported(stage: Stage) -> dict[str, Any]:
    report: dict[str, Any] = requests.get(f"{stage.sandbox.url}/_sandbox/report", timeout=5).json()[
        "google_ads"
    ]
    return report


def counted(stage: Stage) -> dict[str, Any]:
    """What the shop chain's one conversion action counted, by the sandbox's report."""
    account = stage.scenario.clients[1].account
    action: dict[str, Any] = reported(stage)["accounts"][account.customer_id][account.conversion_actions[0]]
    return action


def calls(stage: Stage) -> list[str]:
    return [name for name, _ in stage.sandbox.systems["google_ads"].calls]  # type: ignore[attr-defined]


def once(**changes: Any) -> dict[str, Any]:
    return {"counted": 1, "restated": 0, "retracted": 0, "value": 10.0} | changes


def tried_once(stage: Stage) -> None:
    edit(
        stage.clients / f"{LEGACY}.yaml",
        "    via: google_ads\n",
        "    via: google_ads\n    max_attempts: 1\n",
    )


def test_a_sale_is_counted_once_and_the_second_run_sends_nothing(shops: Stage) -> None:
    assert (synced(shops).accepted, counted(shops)) == (1, once())
    assert (synced(shops).sent, len(calls(shops))) == (0, 1)


def test_an_amount_that_changed_is_restated_once(shops: Stage) -> None:
    synced(shops)
    sold(shops, Total="14.00")
    assert [synced(shops).restated for _ in range(2)] == [1, 0]
    assert counted(shops) == once(restated=1, value=14.0)
    assert calls(shops) == [UPLOAD.name, ADJUST.name]


def test_an_order_that_was_given_back_is_retracted(shops: Stage) -> None:
    synced(shops)
    sold(shops, Total="-10.00", Type="Refund")
    assert [synced(shops).restated for _ in range(2)] == [1, 0]
    assert counted(shops) == once(retracted=1, value=0.0)


def test_a_change_waits_a_day_unless_the_clients_file_says_otherwise(shops: Stage) -> None:
    path = shops.clients / f"{LEGACY}.yaml"
    (setting,) = [
        line for line in path.read_text(encoding="utf-8").splitlines() if "restate_after_hours" in line
    ]
    edit(path, setting, "")
    synced(shops)
    sold(shops, Total="14.00")
    assert (synced(shops).restated, counted(shops)) == (0, once())


@pytest.mark.parametrize(
    "change", [{"Total": "14.00"}, {"Total": "-10.00", "Type": "Refund"}], ids=["restated", "retracted"]
)
def test_a_change_whose_answer_is_lost_is_made_once(shops: Stage, change: dict[str, str]) -> None:
    tried_once(shops)
    synced(shops)
    sold(shops, **change)
    shops.sandbox.faults.add(Fault("google_ads", "reset_after", path=ADJUST.path))
    assert [synced(shops).restated for _ in range(3)] == [0, 1, 0]
    assert counted(shops)["restated"] + counted(shops)["retracted"] == 1


@pytest.mark.parametrize("kind", ["reset", "reset_after", "wrong_count"])
def test_a_sale_whose_answer_is_lost_is_sent_again_and_counted_once(shops: Stage, kind: str) -> None:
    tried_once(shops)
    shops.sandbox.faults.add(Fault("google_ads", kind))
    assert [synced(shops).accepted for _ in range(3)] == [0, 1, 0]
    assert (counted(shops), reported(shops)["twice"]) == (once(), 0)


def test_a_run_that_was_killed_while_google_answered_is_finished_by_the_next(shops: Stage) -> None:
    shops.sandbox.faults.add(Fault("google_ads", "slow", seconds=30))
    command = shops.command("sync", LEGACY, "--clients", str(shops.clients))
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    ) as process:
        while not calls(shops) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert counted(shops) == once()
    assert (synced(shops).accepted, counted(shops)) == (1, once())
    assert reported(shops)["refused_by_reason"] == {"ORDER_ID_ALREADY_IN_USE": 1}


def test_an_account_that_came_too_late_is_held_and_sends_once_it_may(shops: Stage) -> None:
    shops.sandbox.faults.add(Fault("google_ads", "not_allowlisted", times=None))
    lane = synced(shops)
    assert (lane.held, lane.accepted) == (1, 0)
    assert "via: data_manager" in (lane.error or "")
    shops.sandbox.faults.clear()
    lane = synced(shops)
    assert (lane.held, lane.accepted, counted(shops)) == (0, 1, once())


def test_an_account_that_came_too_late_sends_through_the_data_manager_api_instead(shops: Stage) -> None:
    shops.sandbox.faults.add(Fault("google_ads", "not_allowlisted", times=None))
    synced(shops)
    path = shops.clients / f"{LEGACY}.yaml"
    edit(path, "    via: google_ads\n", "    via: data_manager\n")
    edit(path, shops.sandbox.addresses["google_ads"], shops.sandbox.url)
    assert synced(shops).accepted == 1
    assert [event["value"] for event in shops.google_events(LEGACY)] == [10.0]
