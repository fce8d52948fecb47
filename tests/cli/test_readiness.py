"""``check --readiness`` shows each requirement with its figures, and ends by what is not met."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from closedwon.cli.app import app
from tests.end_to_end.stage import INSTALLER, SCHOOL, SHOPS, Stage, generate, serve_in_thread


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two clients that have synced once."""
    folder = tmp_path_factory.mktemp("readiness")
    scenario = generate(11, leads=120, purchases=200, now=datetime.now(UTC))
    with serve_in_thread(scenario.world, google_ads=True) as sandbox:
        scenario.write(folder, sandbox.url, google_ads=sandbox.addresses["google_ads"])
        opened = Stage(scenario, sandbox, folder / "clients")
        for client in (INSTALLER, SHOPS):
            opened.run(client)
        yield opened


def check(stage: Stage, client: str, *options: str) -> Result:
    arguments = ["check", client, "--readiness", "--clients", str(stage.clients), *options]
    return CliRunner().invoke(app, arguments)


def told(stage: Stage, client: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    found = json.loads(check(stage, client, "--json").stdout)
    return {(one["requirement"], one["subject"]): one for one in found if "Google" in one["goal"]} | {
        (one["requirement"], one["subject"]): one for one in found if "Meta" in one["goal"]
    }


def test_a_lead_client_is_measured_for_its_three_goals(stage: Stage) -> None:
    output = check(stage, INSTALLER).output
    for goal in (
        "Meta: conversion leads",
        "Google: enhanced conversions for leads",
        "Google: value-based bidding",
    ):
        assert f"helio-solar – {goal}" in output
    assert "last 28 days" in output and "last 90 days" in output


def test_what_is_not_met_comes_with_the_next_step_and_its_source(stage: Stage) -> None:
    result = check(stage, INSTALLER)
    said = " ".join(result.output.split())
    assert "✗ 200 leads a month: optimise for leads" in said
    assert "https://developers.facebook.com/documentation/ads-commerce/conversions-api/" in said
    assert result.exit_code == 1


def test_a_shop_chain_is_measured_for_its_stores(stage: Stage) -> None:
    result = check(stage, SHOPS)
    assert "lumen-shops – Meta: purchases in stores" in result.output
    assert result.exit_code == 0, result.output
    assert 0 < told(stage, SHOPS)["dataset_quality", "Purchase"]["last_28_days"] <= 10


def test_json_has_figures_of_both_windows_with_threshold_source_and_next_step(stage: Stage) -> None:
    leads = told(stage, INSTALLER)["leads_a_month", None]
    assert leads["verdict"] == "fail"
    assert leads["last_28_days"] > leads["last_90_days"] > 0
    assert (leads["threshold"], leads["unit"], leads["not_measured"]) == ("200 or more", "count", None)
    assert leads["source"].startswith("https://") and leads["next_step"]


def test_the_account_is_read_from_the_sandbox(stage: Stage) -> None:
    found = told(stage, INSTALLER)
    assert found["action_category", "won"]["said"] == "CONVERTED_LEAD"
    assert found["action_exists", "qualified"]["verdict"] == "pass"


def test_what_cannot_be_read_is_told_as_not_measured(stage: Stage, tmp_path: Path) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    whole = path.read_text(encoding="utf-8")
    address = stage.sandbox.addresses["google_ads"]
    path.write_text(
        whole.replace(f"ads_endpoint: {address}", "ads_endpoint: http://127.0.0.1:9"), encoding="utf-8"
    )
    try:
        result = check(stage, INSTALLER)
        readable = told(stage, INSTALLER)["account_readable", None]
    finally:
        path.write_text(whole, encoding="utf-8")
    assert (readable["verdict"], readable["last_28_days"]) == ("warn", None)
    assert "! not measured, since the account could not be read:" in " ".join(result.output.split())


def test_offline_no_platform_is_asked_and_the_ledger_is_measured(stage: Stage) -> None:
    asked = len(stage.sandbox.systems["google_ads"].calls)  # type: ignore[attr-defined]
    result = check(stage, INSTALLER, "--offline")
    assert "the platforms were not asked" in " ".join(result.output.split())
    assert "✗ 200 leads a month" in " ".join(result.output.split())
    assert len(stage.sandbox.systems["google_ads"].calls) == asked  # type: ignore[attr-defined]


def test_nobodys_data_and_no_secret_is_shown(stage: Stage) -> None:
    output = check(stage, INSTALLER).output + check(stage, INSTALLER, "--json").output
    people = list(stage.scenario.world.people.values())
    assert not [person for person in people if person.email in output or person.phone in output]
    assert not [dataset for dataset in stage.scenario.world.datasets if dataset.access_token in output]


def test_a_client_of_which_nothing_was_read_is_told_to_sync_first(stage: Stage) -> None:
    result = check(stage, SCHOOL)
    assert result.exit_code == 1
    assert "atlas-school: nothing has been read yet: closedwon sync atlas-school first" in result.output


def test_a_ledger_that_is_not_there_is_not_made(stage: Stage, tmp_path: Path) -> None:
    missing = tmp_path / "ledger.db"
    environment = {"CLOSEDWON_DATABASE_URL": f"sqlite:///{missing}"}
    arguments = ["check", INSTALLER, "--readiness", "--clients", str(stage.clients)]
    result = CliRunner().invoke(app, arguments, env=environment)
    assert result.exit_code != 0
    assert not missing.exists()
