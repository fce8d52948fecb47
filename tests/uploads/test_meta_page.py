"""What docs/destinations/meta.md says is true: its example loads, and it names every setting, default and state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from config import load_client
from config.destinations import MetaSettings
from config.limited_data_use import LIMITED_DATA_USE_STATES, LimitedDataUseSettings
from uploads.errors import UNKNOWN
from uploads.meta_policy import policy_for

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "destinations" / "meta.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column is headed so."""
    table = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_its_example_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    for name in re.findall(r"\$\{(\w+)\}", example):
        monkeypatch.setenv(name, "secret-of-nobody")
    path = tmp_path / "acme-solar.yaml"
    path.write_text(example, encoding="utf-8")
    meta = load_client(path, check_files=False).settings.destinations.meta
    assert meta is not None
    assert meta.limited_data_use == LimitedDataUseSettings(when="denied")


def test_it_names_every_setting_and_what_holds_where_it_is_left_out() -> None:
    told = {name.strip("`"): default for name, default, _ in rows("setting")}
    assert told.keys() == MetaSettings.model_fields.keys()
    for name, field in MetaSettings.model_fields.items():
        expected = {PydanticUndefined: "required", None: "none"}.get(field.default, f"`{field.default}`")
        assert told[name] == expected


def test_it_names_every_choice_of_limited_data_use() -> None:
    assert {name.strip("`") for name, _ in rows("`when`")} == {"denied", "denied_or_unspecified", "always"}
    text = " ".join(PAGE.split())
    assert all(f"{code} {state}" in text for code, state in LIMITED_DATA_USE_STATES.items())


def test_the_codes_that_it_explains_are_known() -> None:
    codes = {
        tuple(map(int, code.split("/")))
        for reason, *_ in rows("reason")
        for code in re.findall(r"`(\d+(?:/\d+)?)`", reason)
    }
    assert len(codes) > 10
    assert all(policy_for(code, *(subcode or (None,))) is not UNKNOWN for code, *subcode in codes)
