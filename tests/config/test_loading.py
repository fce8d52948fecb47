"""A good file loads into typed settings that know where each of them was written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config import ConfigurationError, find_clients, load_client
from config.sources import PosFilesSettings, SalesforceSettings
from config.sources.salesforce import SalesforceJwt
from tests.config.conftest import ACME, Folder


def test_a_file_becomes_settings(acme: Folder) -> None:
    settings = load_client(acme.client).settings

    crm, shops = settings.sources["crm"], settings.sources["shops"]
    assert isinstance(crm, SalesforceSettings) and isinstance(crm.auth, SalesforceJwt)
    assert isinstance(shops, PosFilesSettings)
    assert crm.auth.consumer_key.get_secret_value() == "invented-consumer-key"
    assert crm.stage_names() == {"lead", "qualified", "opportunity", "won"}
    assert settings.destinations.google is not None
    assert settings.destinations.google.customer_id == "1234567890"
    assert settings.conversions["qualified"].value == 80.0
    assert settings.conversions["won"].value == "amount"


def test_paths_are_relative_to_the_file_wherever_the_command_runs(
    acme: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    google = load_client(acme.client).settings.destinations.google
    shops = load_client(acme.client).settings.sources["shops"]

    assert google is not None and google.credentials == tmp_path / "google.json"
    assert isinstance(shops, PosFilesSettings) and shops.path == tmp_path / "data/*.csv"


def test_only_the_written_part_of_a_glob_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "acme [old]"
    folder.mkdir()
    acme = Folder(folder)
    monkeypatch.setenv("HOME", str(folder))
    for written, pattern in [
        ("data/*.csv", tmp_path / "acme [[]old]/data/*.csv"),
        ("~/data/[ab].csv", tmp_path / "acme [[]old]/data/[ab].csv"),
        ("/exports/*/[ab].csv", Path("/exports/*/[ab].csv")),
    ]:
        acme.client.write_text(ACME.replace("data/*.csv", written))
        shops = load_client(acme.client).settings.sources["shops"]
        assert isinstance(shops, PosFilesSettings) and shops.path == pattern


def test_absolute_paths_and_home_stay_what_they_are(acme: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(acme.path))
    acme.edit(("sf.pem", "~/sf.pem"), ("google.json", str(acme.path / "google.json")))

    settings = load_client(acme.client).settings

    assert settings.sources["crm"].auth.private_key_file == acme.path / "sf.pem"  # type: ignore[union-attr]
    assert settings.destinations.google.credentials == acme.path / "google.json"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("client", "client: acme"),
        ("conversions.won.value", "won: {value: amount"),
        ("sources.crm.stages.Lead.Status", "Lead.Status:"),
        ("sources.crm.stages.Lead.Status.Qualified", "Lead.Status:"),
        ("sources.crm.auth.private_key_file", "sf.pem"),
        ("funnel[2]", "funnel:"),
        ("funnel.2", "funnel:"),
        ("conversions.won.currency", "won: {value: amount"),
        ("destinations.meta.endpoint", "  meta:"),
    ],
)
def test_every_key_knows_its_line_and_one_left_out_that_of_its_block(
    acme: Folder, key: str, text: str
) -> None:
    lines = acme.client.read_text().splitlines()
    line = next(n for n, one in enumerate(lines, 1) if text in one)

    assert load_client(acme.client).where(key) == f"{acme.client}:{line}"


def test_a_folder_s_clients_are_its_yaml_files_but_shared_and_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "_agency.yaml", ".hidden.yaml", "notes.txt", "a.yaml.bak"):
        (tmp_path / name).touch()
    (tmp_path / "folder.yaml").mkdir()

    assert find_clients(tmp_path) == [tmp_path / "a.yaml", tmp_path / "b.yml"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        find_clients(tmp_path / "nowhere")


def test_a_misspelt_file_name_is_answered_with_the_near_one(acme: Folder) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_client(acme.path / "acmee.yaml")

    assert str(raised.value) == (
        f"{acme.path}/acmee.yaml: expected a file that exists; did you mean {acme.client}?"
    )


def test_settings_cannot_be_changed_after_loading(acme: Folder) -> None:
    settings = load_client(acme.client).settings

    with pytest.raises(ValueError, match="frozen"):
        settings.client = "other"  # type: ignore[misc]


def test_the_shared_words_cost_no_import_of_yaml_or_pydantic() -> None:
    code = "import sys, config.columns; print(*sorted({'yaml', 'pydantic', 'pandas', 'polars'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_loading_needs_neither_pandas_nor_polars() -> None:
    code = (
        "import sys, config; config.load_client; config.json_schema;"
        "print(*sorted({'pandas', 'polars', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
