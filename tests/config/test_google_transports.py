"""``destinations.google.via`` chooses the API: the default needs no word, the other has settings of its own."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from closedwon.pipeline.opening import open_uploader
from config import load_client
from config.destinations import GoogleAdsSettings, GoogleDataManagerSettings
from config.schema import json_schema
from tests.config.conftest import ACME, Folder
from uploads.google_ads import GoogleAdsUploader

GOOGLE = "  google:\n"
VIA_ADS = "  google:\n    via: google_ads\n    developer_token: of-the-agency\n"


def schema_takes(**google: Any) -> bool:
    data = copy.deepcopy(yaml.safe_load(ACME))
    data["destinations"]["google"] |= google
    return Draft202012Validator(json_schema()).is_valid(data)


def test_who_says_nothing_uses_the_data_manager_api(acme: Folder) -> None:
    google = load_client(acme.client).settings.destinations.google
    assert isinstance(google, GoogleDataManagerSettings)


def test_the_google_ads_api_is_chosen_by_name_and_its_token_is_a_secret(acme: Folder) -> None:
    settings = load_client(acme.edit((GOOGLE, VIA_ADS)).client).settings
    google = settings.destinations.configured()["google"]
    assert isinstance(google, GoogleAdsSettings)
    assert (google.transport, google.customer_id) == ("google_ads", "1234567890")
    assert "of-the-agency" not in repr(settings)
    assert isinstance(open_uploader(settings, "google"), GoogleAdsUploader)


def test_a_misspelt_api_is_answered_with_the_one_meant(acme: Folder) -> None:
    problem = acme.edit((GOOGLE, VIA_ADS.replace("google_ads", "google_add"))).problem()
    assert (problem.key, problem.suggestion) == ("destinations.google.via", "google_ads")
    assert "data_manager or google_ads" in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            "customer_id: 123-456-7890",
            "customer_id: 123-456",
            "destinations.google.customer_id",
            "ten digits",
        ),
        (
            "    developer_token:",
            "    developer_tokn:",
            "destinations.google.developer_tokn",
            "developer_token",
        ),
    ],
)
def test_a_mistake_under_either_api_is_named_at_its_key(
    acme: Folder, old: str, new: str, key: str, words: str
) -> None:
    problem = acme.edit((GOOGLE, VIA_ADS)).edit((old, new)).problem()
    assert problem.key == key
    assert words in str(problem)


def test_a_setting_of_one_api_is_a_mistake_under_the_other(acme: Folder) -> None:
    problem = acme.edit((GOOGLE, "  google:\n    developer_token: of-the-agency\n")).problem()
    assert problem.key == "destinations.google.developer_token"


def test_an_editor_knows_both() -> None:
    assert schema_takes()
    assert schema_takes(via="data_manager")
    assert schema_takes(via="google_ads", developer_token="${TOKEN}")
    assert not schema_takes(via="google_adz")
    assert not schema_takes(developer_token="${TOKEN}")


def test_the_page_about_it_names_every_setting_and_its_example_loads(acme: Folder) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/destinations/google-ads.md").read_text("utf-8")
    assert [name for name in GoogleAdsSettings.model_fields if f"`{name}`" not in page] == []
    example = yaml.safe_load(page.partition("```yaml")[2].partition("```")[0])["destinations"]["google"]
    assert isinstance(GoogleAdsSettings.model_validate(example), GoogleAdsSettings)
