"""The JSON Schema says to an editor what the loader says to a run."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pycountry
import pytest
import yaml
from jsonschema import Draft202012Validator

from config import find_clients, json_schema, load_client
from config.countries import COUNTRIES, MISTAKEN
from tests.config.conftest import ACME

EXAMPLES = Path(__file__).parents[2] / "config" / "clients"
CLIENTS = [*find_clients(EXAMPLES), *find_clients(EXAMPLES / "agency")]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    written = json_schema()
    Draft202012Validator.check_schema(written)
    return Draft202012Validator(written)


def _changed(path: str, value: Any) -> Any:
    data = copy.deepcopy(yaml.safe_load(ACME))
    *way, last = path.split("/")
    at = data
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return data


def test_it_says_what_it_is() -> None:
    schema = json_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] and schema["description"]


def test_every_example_validates(schema: Draft202012Validator) -> None:
    assert [path.name for path in CLIENTS] == [
        "lead-generation.yaml",
        "shop-chain.yaml",
        "bakery.yaml",
        "dentist.yaml",
    ]
    for path in CLIENTS:
        assert [error.message for error in schema.iter_errors(yaml.safe_load(path.read_text("utf-8")))] == []


def test_the_shared_example_validates_as_a_shared_file() -> None:
    written = json_schema()
    shared = {"$ref": "#/$defs/SharedClientSettings", "$defs": written["$defs"]}
    data = yaml.safe_load((EXAMPLES / "agency" / "_defaults.yaml").read_text("utf-8"))

    assert list(Draft202012Validator(shared).iter_errors(data)) == []
    assert list(Draft202012Validator(shared).iter_errors({**data, "currrency": "EUR"}))


@pytest.mark.parametrize("path", CLIENTS, ids=lambda path: path.stem)
def test_every_example_loads_once_its_env_file_is_filled_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (path.parent / ".env.example").read_text("utf-8").splitlines()
    named = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    key = tmp_path / "key"
    key.write_text("{}")
    for name in named:
        monkeypatch.setenv(name, str(key))

    assert load_client(path).settings.client


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("funel", ["lead"]),
        ("sources/crm/feilds", {}),
        ("sources/Crm", {"type": "pos_files"}),
        ("sources/crm/type", "saleforce"),
        ("sources/crm/auth/flow", "jtw"),
        ("sources/crm/fields/glcid", "GCLID__c"),
        ("sources/crm/stages/Lead.status", {}),
        ("sources/crm/stages/Lead.Status/Working", "Lead"),
        ("sources/shops/columns/e_mail", "Email"),
        ("destinations/meta/acess_token", "x"),
        ("destinations/meta/dataset_id", "act_1"),
        ("destinations/google/customer_id", "123"),
        ("conversions/won/value", []),
        ("conversions/won/google", "Closed Won"),
        ("consent/default", "maybe"),
        ("country", "France"),
        ("client", None),
        ("destinations", None),
        ("destinations/meta/dataset_id", None),
        ("sources/crm/auth/private_key_file", None),
    ],
)
def test_what_the_loader_refuses_an_editor_underlines(
    schema: Draft202012Validator, path: str, value: Any
) -> None:
    assert schema.is_valid(yaml.safe_load(ACME))
    assert not schema.is_valid(_changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("destinations/meta/dataset_id", "${META_DATASET}"),
        ("destinations/meta/dataset_id", 1234567890),
        ("destinations/google/customer_id", 1234567890),
        ("destinations/google/timeout_seconds", "${TIMEOUT}"),
        ("conversions/won/google", 222222222),
        ("conversions/won/value", "${WORTH}"),
        ("conversions/won/value", "CASE WHEN amount > 100 THEN amount ELSE 0 END"),
        ("consent/default", "${CONSENT}"),
        ("sources/crm/fields/extra.industry", "Account.Industry"),
        ("sources/crm/fields/gclid", {"Lead": "GCLID__c"}),
        ("sources/crm/auth/domain", "acme--test.sandbox.my"),
        ("destinations/meta/endpoint", "http://127.0.0.1:8080"),
    ],
)
def test_what_the_loader_takes_an_editor_accepts(schema: Draft202012Validator, path: str, value: Any) -> None:
    assert [error.message for error in schema.iter_errors(_changed(path, value))] == []


def test_with_shared_defaults_keys_may_be_missing_but_not_misspelt(schema: Draft202012Validator) -> None:
    assert schema.is_valid({"defaults": "_agency.yaml", "client": "bakery"})
    assert not schema.is_valid({"defaults": "_agency.yaml"})
    assert not schema.is_valid({"defaults": "_agency.yaml", "client": "bakery", "conversion": {}})


def test_every_setting_of_a_file_is_described_for_the_editor() -> None:
    settings = json_schema()["$defs"]["ClientSettings"]["properties"]

    undescribed = [
        name for name, one in settings.items() if "description" not in str(one) and "$ref" not in one
    ]
    assert undescribed == []


def test_the_countries_are_those_of_iso_3166() -> None:
    assert {country.alpha_2 for country in pycountry.countries} | {"XK"} == COUNTRIES
    assert COUNTRIES.isdisjoint(MISTAKEN)
    assert set(MISTAKEN.values()) <= COUNTRIES
