"""An agency writes once what its clients share, and each client's own words win."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load_client
from tests.config.conftest import ACME, Folder

SHARED = """\
timezone: Europe/Paris
country: FR
currency: EUR
funnel: [lead, won]
destinations:
  meta:
    access_token: ${META_TOKEN}
    timeout_seconds: 30
  google:
    login_customer_id: 111-222-3333
    credentials: keys/google.json
"""
OWN = "\n".join(
    line
    for line in ACME.replace("country: FR", "country: BE").splitlines()
    if not line.startswith(("timezone:", "currency:"))
    and "access_token" not in line
    and "google.json" not in line
)


@pytest.fixture
def agency(acme: Folder) -> Folder:
    (acme.path / "shared" / "keys").mkdir(parents=True)
    (acme.path / "shared" / "keys" / "google.json").write_text("{}")
    (acme.path / "shared" / "_agency.yaml").write_text(SHARED)
    acme.client.write_text(f"defaults: shared/_agency.yaml\n{OWN}\n")
    return acme


def test_shared_settings_complete_a_client_s_and_its_own_win(agency: Folder) -> None:
    settings = load_client(agency.client).settings

    assert (settings.timezone, settings.country) == ("Europe/Paris", "BE")
    assert settings.funnel == ["lead", "qualified", "opportunity", "won"]
    assert settings.destinations.meta is not None and settings.destinations.google is not None
    assert settings.destinations.meta.timeout_seconds == 30
    assert settings.destinations.meta.dataset_id == "1234567890"
    assert settings.destinations.google.login_customer_id == "1112223333"


def test_a_shared_path_is_relative_to_the_shared_file(agency: Folder) -> None:
    google = load_client(agency.client).settings.destinations.google

    assert google is not None
    assert google.credentials == agency.path / "shared" / "keys" / "google.json"


def test_a_client_may_leave_out_what_the_shared_file_sets_up(agency: Folder) -> None:
    agency.edit(
        ("  google:\n    customer_id: 123-456-7890\n", "  google: null\n"),
        (', google: "111111111"', ""),
        (', google: "222222222"', ""),
    )

    assert load_client(agency.client).settings.destinations.google is None


def test_every_key_knows_which_of_the_files_has_it(agency: Folder) -> None:
    file = load_client(agency.client)

    assert file.where("timezone") == f"{agency.path}/shared/_agency.yaml:1"
    assert file.where("country") == f"{agency.client}:{agency.line_of('country')}"
    assert file.where("destinations.meta.timeout_seconds") == f"{agency.path}/shared/_agency.yaml:8"


def test_mistakes_of_both_files_are_named_at_once_each_in_its_own(agency: Folder) -> None:
    shared = agency.path / "shared" / "_agency.yaml"
    shared.write_text(SHARED.replace("timeout_seconds: 30", "timeout_seconds: soon"))
    agency.edit(("country: BE", "country: be"))

    found = {(one.file, one.line, one.key) for one in agency.problems()}

    assert found == {
        (shared, 8, "destinations.meta.timeout_seconds"),
        (agency.client, agency.line_of("country"), "country"),
    }


def test_shared_files_may_build_on_another(agency: Folder) -> None:
    (agency.path / "_world.yaml").write_text("consent: {default: denied}\ncountry: DE\n")
    (agency.path / "shared" / "_agency.yaml").write_text(f"defaults: ../_world.yaml\n{SHARED}")

    client = agency.edit(("consent:\n  default: unspecified\n", ""))

    settings = load_client(client.client).settings
    assert (settings.consent.default, settings.country) == ("denied", "BE")


def test_shared_files_that_lead_back_are_refused(agency: Folder) -> None:
    (agency.path / "shared" / "_agency.yaml").write_text("defaults: ../acme.yaml\n")

    problem = agency.problem()

    assert (problem.file.name, problem.line, problem.key) == ("_agency.yaml", 1, "defaults")
    assert "lead back" in problem.expected


@pytest.mark.parametrize(
    ("written", "suggestion"), [("shared/_agenci.yaml", "_agency.yaml"), ("[a, b]", None), ("shared", None)]
)
def test_a_shared_file_that_is_not_there_is_the_only_mistake_named(
    agency: Folder, written: str, suggestion: str | None
) -> None:
    problem = agency.edit(("defaults: shared/_agency.yaml", f"defaults: {written}")).problem()

    assert (problem.key, problem.line, problem.suggestion) == ("defaults", 1, suggestion)


def test_clients_of_one_folder_share_defaults_and_stay_apart(agency: Folder, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(agency.client.read_text().replace("client: acme-solar", "client: other"))

    assert load_client(other).settings.client == "other"
    assert load_client(agency.client).settings.client == "acme-solar"
