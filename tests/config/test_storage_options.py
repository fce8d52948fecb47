"""Where a till's files lie elsewhere: addresses, and the access that fits them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from config import load_client
from config.redaction import redact
from config.sources import PosFilesSettings
from tests.config.conftest import Folder

LOCAL = "path: data/*.csv"


def shops(acme: Folder) -> PosFilesSettings:
    settings = load_client(acme.client).settings.sources["shops"]
    assert isinstance(settings, PosFilesSettings)
    return settings


def test_an_address_stays_as_it_is_written_and_a_path_starts_beside_its_file(acme: Folder) -> None:
    assert shops(acme).path == acme.path / "data/*.csv"
    acme.edit((LOCAL, "path: s3://tills/pos/**/*.csv"))
    assert shops(acme).path == "s3://tills/pos/**/*.csv"


def test_a_secret_of_the_storage_is_kept_out_of_every_text(
    acme: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILL_SECRET", "invented-secret-of-a-bucket")
    acme.edit(
        (LOCAL, "path: s3://tills/*.csv\n    storage_options: {key: AKIAINVENTED, secret: '${TILL_SECRET}'}")
    )
    options = shops(acme).storage_options
    assert options is not None
    assert options.secret == SecretStr("invented-secret-of-a-bucket")
    assert "invented-secret" not in repr(options) + redact("secret invented-secret-of-a-bucket refused")


def test_key_files_are_looked_for_beside_the_clients_file(acme: Folder) -> None:
    acme.edit((LOCAL, "path: gs://tills/*.csv\n    storage_options: {credentials: nowhere.json}"))
    assert acme.problem().key == "sources.shops.storage_options.credentials"
    (acme.path / "nowhere.json").write_text("{}")
    options = shops(acme).storage_options
    assert options is not None
    assert options.credentials == Path(acme.path / "nowhere.json")


def test_options_without_a_place_that_needs_them_are_a_mistake(acme: Folder) -> None:
    acme.edit((LOCAL, f"{LOCAL}\n    storage_options: {{profile: tills}}"))
    problem = acme.problem()
    assert problem.key == "sources.shops.storage_options"
    assert "s3://, gs:// or sftp://" in str(problem)


def test_an_option_of_another_storage_names_those_that_fit(acme: Folder) -> None:
    acme.edit((LOCAL, "path: sftp://till@till.example/pos/*\n    storage_options: {profile: tills}"))
    problem = acme.problem()
    assert problem.key == "sources.shops.storage_options.profile"
    assert "for sftp:// one of known_hosts, passphrase, password, private_key_file" in str(problem)


def test_a_misspelt_option_is_compared_with_those_that_there_are(acme: Folder) -> None:
    acme.edit((LOCAL, "path: sftp://till@till.example/pos/*\n    storage_options: {pasword: x}"))
    assert acme.problem().suggestion == "password"


def test_a_password_in_an_address_is_not_repeated(acme: Folder) -> None:
    acme.edit((LOCAL, "path: sftp://till:invented-pw@till.example/pos/*"))
    problem = acme.problem()
    assert "storage_options.password" in str(problem)
    assert "invented-pw" not in redact(str(problem))
