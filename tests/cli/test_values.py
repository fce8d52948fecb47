"""``closedwon values`` shows what leads are worth, freezes it, and says why it does not."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from closedwon.cli.app import app
from closedwon.cli.learned_table import movement
from closedwon.ledger import Ledger, LedgerError
from closedwon.quality.figures import Interval
from closedwon.quality.versions import Drift
from tests.quality.leads import World, settings, store


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one client, whose leads of a year are in its ledger."""
    monkeypatch.delenv("CLOSEDWON_DATABASE_URL", raising=False)
    given = settings(quality={"segments": ["campaign"]}).model_dump(mode="json", exclude_defaults=True)
    given["sources"]["crm"]["auth"]["token"] = "${INVENTED_TOKEN}"
    given["destinations"]["meta"]["access_token"] = "${INVENTED_TOKEN}"
    monkeypatch.setenv("INVENTED_TOKEN", "invented-token")
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    return tmp_path


def fill(clients: Path, leads: int, campaign: str = "Spring") -> None:
    ledger = Ledger.at(clients / ".closedwon" / "ledger.db")
    store(ledger, World().leads(np.random.default_rng(1), leads, campaign))
    ledger.close()


def run(clients: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["values", "acme", "--clients", str(clients), *options])


def test_it_shows_each_stage_with_its_leads_and_which_to_optimise_for(clients: Path) -> None:
    fill(clients, 3_000)
    result = run(clients, "--segments")
    assert result.exit_code == 0, result.output
    for words in ("qualified", "3,000", "no version is frozen yet", "Spring", "180 days", "Meta:", "Google:"):
        assert words in result.output


def test_freezing_saves_a_version_that_the_next_look_is_held_against(clients: Path) -> None:
    fill(clients, 3_000)
    frozen = json.loads(run(clients, "--freeze", "--json").output)
    assert frozen["frozen"].endswith(".1")
    fill(clients, 3_000, "Autumn")
    again = run(clients, "--freeze")
    assert f"version {frozen['frozen']} is in use" in again.output
    assert " before)" in again.output


def test_programs_get_the_whole_of_it(clients: Path) -> None:
    fill(clients, 3_000)
    found = json.loads(run(clients, "--json").output)
    stages = {one["stage"]: one for one in found["stages"]}
    value = stages["qualified"]["value"]
    assert value["low"] < value["estimate"] < value["high"]
    assert stages["qualified"]["curve"][-1]["days"] == 180
    assert {one["platform"] for one in found["advice"]["recommendations"]} == {"meta", "google"}


def test_where_nothing_can_be_learned_it_says_what_is_missing_and_fails(clients: Path) -> None:
    fill(clients, 30)
    result = run(clients, "--freeze")
    assert result.exit_code == 1
    assert "are missing" in result.output
    assert "Frozen" not in result.output


def test_an_empty_ledger_is_no_error_of_ours(clients: Path) -> None:
    Ledger.at(clients / ".closedwon" / "ledger.db").close()
    result = run(clients)
    assert result.exit_code == 1
    assert "0 leads of 100 that it takes" in result.output
    assert "closedwon sync acme first" in result.output
    assert "Which stage" not in result.output


def test_before_the_first_run_no_ledger_is_made_to_learn_from(clients: Path) -> None:
    result = run(clients)
    assert result.exit_code == 1
    assert isinstance(result.exception, LedgerError)
    assert not (clients / ".closedwon").exists()


def test_freezing_says_so_where_nothing_asks_for_the_values(clients: Path) -> None:
    fill(clients, 3_000)
    assert "The next run sends these values" in run(clients, "--freeze").output
    file = clients / "acme.yaml"
    given = yaml.safe_load(file.read_text(encoding="utf-8"))
    given["conversions"]["qualified"]["value"] = 80
    file.write_text(yaml.safe_dump(given), encoding="utf-8")
    said = " ".join(run(clients, "--freeze").output.split())
    assert "No conversion of the client's file asks for it yet: write value: learned." in said


def test_a_value_that_has_hardly_moved_has_not_moved_by_minus_nothing() -> None:
    assert movement(Drift("2026-11-22.1", Interval(100, 90, 110), -0.2, is_outside=False)) == "+0 %"


def test_a_plot_under_another_name_than_an_svgs_is_refused(clients: Path) -> None:
    refused = run(clients, "--plot", "curves.png")
    assert refused.exit_code == 2
    assert "ends in .svg" in " ".join(refused.output.split())


def test_the_plot_is_a_picture(clients: Path) -> None:
    fill(clients, 3_000)
    path = clients / "curves.svg"
    assert run(clients, "--plot", str(path)).exit_code == 0
    picture = ElementTree.parse(path).getroot()
    names = [one.tag.rpartition("}")[2] for one in picture.iter()]
    assert names.count("polyline") == names.count("polygon") == 2


def test_segments_that_the_file_does_not_name_are_asked_for_in_vain(clients: Path) -> None:
    file = clients / "acme.yaml"
    given = yaml.safe_load(file.read_text(encoding="utf-8"))
    del given["quality"]
    file.write_text(yaml.safe_dump(given), encoding="utf-8")
    result = run(clients, "--segments")
    assert result.exit_code == 2
    assert "names no segments" in " ".join(result.output.split())
