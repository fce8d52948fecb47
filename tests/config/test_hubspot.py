"""A HubSpot portal's part of a client's file."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from config import ConfigurationError, json_schema, load_client
from config.sources import HubSpotSettings, yielded_stages
from config.sources.hubspot import HubSpotOAuth, HubSpotServiceKey
from tests.config.conftest import ACME, Folder

PORTAL: dict[str, Any] = {
    "type": "hubspot",
    "auth": {"flow": "service_key", "token": "pat-eu1-invented-token"},
    "stages": {
        "contact.lifecyclestage": {"Lead": "lead", "marketingqualifiedlead": "qualified"},
        "deal.dealstage": {"presentationscheduled": "opportunity", "Sales Pipeline: Closed won": "won"},
    },
    "fields": {"gclid": {"contact": "ad_click"}, "extra.plan": "plan"},
}
OAUTH = {
    "flow": "oauth",
    "client_id": "id",
    "client_secret": "invented-secret",
    "refresh_token": "invented-r",
}


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PORTAL), **changes}


def test_it_is_loaded_like_every_other_source(acme: Folder) -> None:
    data = yaml.safe_load(acme.client.read_text())
    data["sources"]["crm"] = changed(auth={"flow": "service_key", "token": "${SF_KEY}"})
    acme.client.write_text(yaml.safe_dump(data))
    settings = load_client(acme.client).settings.sources["crm"]
    assert isinstance(settings, HubSpotSettings)
    assert isinstance(settings.auth, HubSpotServiceKey)
    assert settings.stage_names() == {"lead", "qualified", "opportunity", "won"}
    assert settings.mapped_columns() == {"gclid", "extra.plan"}
    assert (settings.system, settings.kind) == ("HubSpot", "crm")


def test_oauth_takes_a_refresh_token() -> None:
    assert isinstance(HubSpotSettings.model_validate(changed(auth=OAUTH)).auth, HubSpotOAuth)


def test_the_stages_it_yields_are_known_before_it_is_valid() -> None:
    assert yielded_stages(PORTAL) == {"lead", "qualified", "opportunity", "won"}


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09", "2027-03"])
def test_the_version_is_a_date_or_the_last_numbered_one(version: str) -> None:
    assert HubSpotSettings.model_validate(changed(api_version=version)).api_version == version


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_version": "v4"},
        {"api_version": "2026-04"},
        {"api_version": "2026-03/../x"},
        {"stages": {}},
        {"stages": {"company.lifecyclestage": {"Lead": "lead"}}},
        {"stages": {"contact.lifecyclestage": {"": "lead"}}},
        {"fields": {"gclid": {"company": "x"}}},
        {"fields": {"gclid": "Ad click"}},
        {"auth": {"flow": "service_key"}},
        {"auth": {"flow": "service_key", "token": ""}},
        {"auth": {"flow": "api_key", "token": "x"}},
        {"auth": {**OAUTH, "token": "x"}},
        {"overlap_minutes": -1},
        {"pipelines": ["default"]},
    ],
)
def test_what_the_loader_refuses_an_editor_underlines(
    schema: Draft202012Validator, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        HubSpotSettings.model_validate(changed(**wrong))
    data = yaml.safe_load(ACME)
    assert schema.is_valid({**data, "sources": {**data["sources"], "crm": PORTAL}})
    assert not schema.is_valid({**data, "sources": {**data["sources"], "crm": changed(**wrong)}})


def test_a_missing_token_is_named_and_no_token_is_shown(acme: Folder) -> None:
    data = yaml.safe_load(acme.client.read_text())
    data["sources"]["crm"] = changed(auth={"flow": "service_key", "token": "${HUBSPOT_TOKEN}"})
    acme.client.write_text(yaml.safe_dump(data))
    with pytest.raises(ConfigurationError, match="HUBSPOT_TOKEN"):
        load_client(acme.client)
    assert "pat-eu1" not in repr(HubSpotSettings.model_validate(PORTAL))
