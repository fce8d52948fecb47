"""``setup google`` shows what is missing, asks, creates it once, and prints the lines for the client's file."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from closedwon.cli.app import app
from closedwon.sandbox.google_ads.counting import Action
from tests.end_to_end.stage import INSTALLER, Stage, environment, generate, serve_in_thread


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    scenario = generate(11, leads=1, purchases=1, now=datetime.now(UTC))
    with serve_in_thread(scenario.world, google_ads=True) as sandbox:
        scenario.write(tmp_path, sandbox.url, google_ads=sandbox.addresses["google_ads"])
        yield Stage(scenario, sandbox, tmp_path / "clients")


def setup(stage: Stage, *options: str, client: str = INSTALLER) -> Result:
    return CliRunner().invoke(app, ["setup", "google", client, "--clients", str(stage.clients), *options])


def actions(stage: Stage) -> dict[str, Action]:
    customer = stage.scenario.clients[0].account.customer_id
    every: dict[str, Action] = stage.sandbox.systems["google_ads"].actions(customer)  # type: ignore[attr-defined]
    return {action.name: action for action in every.values()}


def printed(result: Result) -> dict[str, str]:
    return dict(re.findall(r'^  (\w+): \{google: "(\d+)"\}$', result.output, flags=re.MULTILINE))


def test_stages_without_an_action_get_one_that_suits_them(stage: Stage) -> None:
    result = setup(stage, "--yes")
    assert result.exit_code == 0, result.output
    lead = actions(stage)["Closedwon helio-solar lead"]
    middle = actions(stage)["Closedwon helio-solar opportunity"]
    assert printed(result) == {"lead": lead.id, "opportunity": middle.id}
    assert (lead.category, middle.category) == ("IMPORTED_LEAD", "QUALIFIED_LEAD")
    assert (lead.type, lead.primary_for_goal, lead.always_default_value) == ("UPLOAD_CLICKS", False, False)
    assert (lead.default_value, middle.default_value, lead.click_window_days) == (5, None, 90)


def test_its_settings_are_shown_before_it_is_created(stage: Stage) -> None:
    output = " ".join(setup(stage, "--yes", "--stage", "lead").output.split())
    assert "UPLOAD_CLICKS; IMPORTED_LEAD; ONE_PER_CLICK; values as sent, else 5 EUR; secondary" in output
    assert "for 90 days after the click" in output


def test_run_again_it_creates_nothing_and_tells_the_same_ids(stage: Stage) -> None:
    first = printed(setup(stage, "--yes"))
    before = len(actions(stage))
    again = setup(stage, "--yes")
    assert printed(again) == first
    assert len(actions(stage)) == before
    assert "is there already" in again.output
    assert "have no conversion action" not in again.output


def test_one_stage_alone_can_be_asked_for(stage: Stage) -> None:
    assert printed(setup(stage, "--yes", "--stage", "lead")).keys() == {"lead"}
    wrong = setup(stage, "--stage", "leed")
    assert wrong.exit_code == 2
    assert "no such stage under conversions" in " ".join(wrong.output.split())


def test_an_id_that_does_not_exist_is_replaced(stage: Stage) -> None:
    won = stage.scenario.clients[0].account.conversion_actions[1]
    path = stage.clients / f"{INSTALLER}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(won, "999999999"), encoding="utf-8")
    result = setup(stage, "--yes", "--stage", "won")
    assert "999999999 does not exist" in result.output
    assert actions(stage)["Closedwon helio-solar won"].category == "CONVERTED_LEAD"


def test_a_file_that_lacks_nothing_creates_nothing(stage: Stage) -> None:
    result = setup(stage, "--yes", "--stage", "won")
    assert (result.exit_code, len(actions(stage))) == (0, 2)
    assert "nothing to create" in result.output


def test_without_a_terminal_nothing_is_created_unless_yes(stage: Stage) -> None:
    result = setup(stage)
    assert result.exit_code == 2
    assert "--yes" in result.output
    assert len(actions(stage)) == 2


@pytest.mark.slow
def test_in_a_terminal_it_asks_and_heeds_a_no(stage: Stage) -> None:
    terminal, its_end = pty.openpty()
    command = stage.command("setup", "google", INSTALLER, "--clients", str(stage.clients))
    process = subprocess.Popen(
        command, stdin=its_end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    os.write(terminal, b"n\n")
    output, _ = process.communicate(timeout=60)
    os.close(terminal)
    os.close(its_end)
    assert "Create 2 conversion actions?" in output
    assert (process.returncode, len(actions(stage))) == (0, 2)


def test_an_account_that_another_one_manages_is_not_added_to(stage: Stage) -> None:
    customer = stage.scenario.clients[0].account.customer_id
    stage.sandbox.systems["google_ads"].tracking(customer).owner = "9998887777"  # type: ignore[attr-defined]
    result = setup(stage, "--yes")
    assert result.exit_code == 1
    assert "managed in account 9998887777" in result.output
    assert len(actions(stage)) == 2


def test_an_account_that_tracks_no_conversions_yet_gets_its_first(stage: Stage) -> None:
    customer = stage.scenario.clients[0].account.customer_id
    stage.sandbox.systems["google_ads"].tracking(customer).owner = None  # type: ignore[attr-defined]
    result = setup(stage, "--yes")
    assert result.exit_code == 0, result.output
    assert len(actions(stage)) == 4


def test_a_name_that_google_refuses_is_told_before_anything_is_created(stage: Stage) -> None:
    for action in actions(stage).values():
        action.status, action.name = "REMOVED", "Closedwon helio-solar lead"
    result = setup(stage, "--yes")
    assert result.exit_code == 1
    assert "DUPLICATE_NAME" in result.output and "nothing was created" in result.output


def test_a_client_without_google_has_nothing_to_set_up(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    text = path.read_text(encoding="utf-8")
    without = re.sub(r', google: "\d+"', "", text[: text.index("  google:\n    customer_id")])
    path.write_text(without, encoding="utf-8")
    result = setup(stage, "--yes")
    assert result.exit_code == 2
    assert "has no destination google" in " ".join(result.output.split())
