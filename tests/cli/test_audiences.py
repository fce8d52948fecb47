"""``closedwon audiences`` says what to do where there is nobody to tell of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from closedwon.cli.app import app
from tests.end_to_end.stage import INSTALLER, Stage, generate, serve_in_thread


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    scenario = generate(11, leads=1, purchases=1, now=datetime.now(UTC))
    with serve_in_thread(scenario.world) as sandbox:
        scenario.write(tmp_path, sandbox.url)
        yield Stage(scenario, sandbox, tmp_path / "clients")


def shown(stage: Stage) -> str:
    result = CliRunner().invoke(app, ["audiences", INSTALLER, "--clients", str(stage.clients)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_client_that_declares_none_is_told_where(stage: Stage) -> None:
    assert "declare them under audiences in the client's file" in shown(stage)


def test_an_invented_client_need_only_declare_one_and_is_told_that_a_sync_fills_it(stage: Stage) -> None:
    with (stage.clients / f"{INSTALLER}.yaml").open("a", encoding="utf-8") as file:
        file.write("audiences:\n  buyers: {stages: [won], meta: {name: Buyers}, google: {name: Buyers}}\n")
    assert "people come in as closedwon sync reads their records" in shown(stage)
