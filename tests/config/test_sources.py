"""What every source may say of its data, whatever system it is read from."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft202012Validator

from config import ConfigurationError, json_schema, load_client
from config.sources import SourceSettings
from config.sources.base import SourceBase
from matching import BirthDateOrder
from tests.config.conftest import Folder


def _with_birth_dates(acme: Folder, source: str, order: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(acme.client.read_text())
    data["sources"][source]["birth_dates"] = order
    acme.client.write_text(yaml.safe_dump(data))
    return data


def test_every_source_has_what_all_have() -> None:
    union, *_ = get_args(SourceSettings)
    assert all(issubclass(model, SourceBase) for model in get_args(union))


def test_the_order_of_birth_dates_is_not_guessed(acme: Folder) -> None:
    sources = load_client(acme.client).settings.sources
    assert {name: source.birth_dates for name, source in sources.items()} == {"crm": None, "shops": None}


@pytest.mark.parametrize("source", ["crm", "shops"])
@pytest.mark.parametrize("order", get_args(BirthDateOrder))
def test_a_source_declares_how_it_writes_birth_dates(acme: Folder, source: str, order: str) -> None:
    data = _with_birth_dates(acme, source, order)
    assert load_client(acme.client).settings.sources[source].birth_dates == order
    assert Draft202012Validator(json_schema()).is_valid(data)


def test_an_unknown_order_is_answered_with_the_ones_to_choose_from(acme: Folder) -> None:
    data = _with_birth_dates(acme, "crm", "DD/MM/YYYY")
    with pytest.raises(ConfigurationError) as caught:
        load_client(acme.client)
    (problem,) = caught.value.problems
    assert "birth_dates" in str(problem)
    assert "day_first, month_first or year_first" in str(problem)
    assert not Draft202012Validator(json_schema()).is_valid(data)
