"""What docs/sources says is true: its examples load, and it names every setting, column, preset and error code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic_core import PydanticUndefined

from closedwon.pipeline.judging.meanings import MEANING
from config import load_client
from config.columns import EXTRA_PREFIX, MAPPABLE_COLUMNS
from config.settings import ClientSettings
from config.sources import (
    HubSpotSettings,
    PosFilesSettings,
    SalesforceSettings,
    yielded_stages,
)
from config.types import Settings
from connectors.hubspot import errors as hubspot_errors
from connectors.hubspot import objects as hubspot_objects
from connectors.pos_files.presets import PRESETS
from connectors.salesforce.api import errors as salesforce_errors
from connectors.salesforce.schema import objects as salesforce_objects
from matching.fields import FIELDS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "sources"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(FOLDER.glob("*.md"))}
MODELS: dict[str, type[Settings]] = {
    "salesforce.md": SalesforceSettings,
    "hubspot.md": HubSpotSettings,
    "pos-files.md": PosFilesSettings,
}

_SECRET = "${INVENTED_SECRET}"
_MINIMAL_SOURCES: dict[str, dict[str, Any]] = {
    "salesforce.md": {
        "type": "salesforce",
        "auth": {
            "flow": "client_credentials",
            "domain": "acme.my",
            "consumer_key": _SECRET,
            "consumer_secret": _SECRET,
        },
        "stages": {"Lead.Status": {"New": "lead"}},
    },
    "hubspot.md": {
        "type": "hubspot",
        "auth": {"flow": "service_key", "token": _SECRET},
        "stages": {"contact.lifecyclestage": {"Lead": "lead"}},
    },
    "pos-files.md": {
        "type": "pos_files",
        "path": "pos/*.csv",
        "columns": {"order_id": "Ticket", "entered_at": "Date", "amount": "Total"},
    },
}
_MINIMAL_SOURCES["README.md"] = _MINIMAL_SOURCES["salesforce.md"]
_EXAMPLES = [
    pytest.param(name, block, id=f"{name}:{text.count(chr(10), 0, text.index(block)) + 1}")
    for name, text in (*PAGES.items(), ("README.md", (ROOT / "README.md").read_text(encoding="utf-8")))
    for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
]
_CONNECTOR_PAGES = pytest.mark.parametrize("page", MODELS)


@pytest.mark.parametrize(("page", "example"), _EXAMPLES)
def test_an_example_loads(page: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _whole_file(example, _MINIMAL_SOURCES[page])
    for name in re.findall(r"\$\{(\w+)\}", text):
        monkeypatch.setenv(name, "invented-secret")
    path = tmp_path / "client.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_client(path, check_files=False).settings.sources


@_CONNECTOR_PAGES
def test_a_page_begins_with_a_whole_clients_file(page: str) -> None:
    first, *_ = re.findall(r"```yaml\n(.*?)```", PAGES[page], flags=re.DOTALL)
    assert first.startswith("client:")


@_CONNECTOR_PAGES
def test_a_page_names_every_setting(page: str) -> None:
    named = set(re.findall(r"\w+", " ".join(_code(PAGES[page]))))
    assert set(_keys(MODELS[page])) - named == set()


@_CONNECTOR_PAGES
def test_a_page_says_what_holds_where_a_setting_is_left_out(page: str) -> None:
    told = {name.strip("`"): default for name, default, *_ in _rows(PAGES[page], "setting")}
    fields = MODELS[page].model_fields
    assert told.keys() == fields.keys()
    for name, field in fields.items():
        default = field.get_default(call_default_factory=True)
        if default is PydanticUndefined:
            assert told[name] == "required"
        elif default is None or default == {}:
            assert told[name] != "required"
        else:
            assert told[name] == f"`{default}`"


def test_the_index_has_every_column_that_a_file_may_map_and_where_it_goes() -> None:
    forms = {"hashed": "hashed", "plain": "in clear"}
    goes: dict[tuple[str, str], str] = {(rule.column, rule.platform): forms[rule.form] for rule in FIELDS}
    # Meta is told an order's number as it is, which is no field of the person.
    goes["order_id", "meta"] = "in clear"
    told = {column.strip("`"): cells for column, *cells in _rows(PAGES["README.md"], "column")}
    assert told.keys() == {*MAPPABLE_COLUMNS, f"{EXTRA_PREFIX}<name>"}
    for column, cells in told.items():
        for platform, cell in zip(("meta", "google"), cells, strict=False):
            expected = goes.get((column, platform))
            assert cell == expected if expected else cell not in forms.values(), (column, platform)


def test_the_index_gives_reasons_that_a_report_gives_too() -> None:
    reasons = {code.strip("`") for *_, code in _rows(PAGES["README.md"], "what happened") if code}
    assert reasons
    assert reasons <= set(MEANING)


def test_every_preset_is_told_with_where_to_export_and_what_it_fills() -> None:
    told = {name.strip("`"): cells for name, *cells in _rows(PAGES["pos-files.md"], "`preset`")}
    assert told.keys() == PRESETS.keys()
    for name, preset in PRESETS.items():
        export, fills = told[name]
        assert export == preset.export
        assert fills.replace("`", "").split() == list(preset.columns)


def test_what_a_crm_fills_by_itself_is_told() -> None:
    for page, models in (
        ("salesforce.md", salesforce_objects.MODELS),
        ("hubspot.md", hubspot_objects.MODELS),
    ):
        told = set(_code(PAGES[page]))
        for model in models:
            read = {name for names in model.columns.values() for name in names}
            assert (read | set(model.columns)) - told == set()


@pytest.mark.parametrize(
    ("page", "codes"),
    [("salesforce.md", salesforce_errors.POLICIES), ("hubspot.md", hubspot_errors.POLICIES)],
    ids=["salesforce.md", "hubspot.md"],
)
def test_every_error_code_that_is_known_is_told(page: str, codes: dict[str, object]) -> None:
    assert set(codes) - set(_code(PAGES[page])) == set()


def test_the_scopes_are_those_that_an_error_asks_for() -> None:
    scopes = re.findall(r"crm\.[a-z.]+read", hubspot_errors.POLICIES["MISSING_SCOPES"].advice)
    assert scopes
    assert set(scopes) - set(_code(PAGES["hubspot.md"])) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        name, _, anchor = link.partition("#")
        target = (FOLDER / (name or page)).resolve()
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not anchor or anchor in map(_anchor, headings), link


def _whole_file(example: str, minimal: dict[str, Any]) -> str:
    """``example`` as a client's file: a whole one, a part of one, or settings of the page's source."""
    part = yaml.safe_load(example)
    if "client" in part:
        return example
    if part.keys() <= ClientSettings.model_fields.keys():
        given = part
    else:
        source = minimal if "preset" not in part else {**minimal, "columns": {}}
        given = {"sources": {"source": {**source, **part}}}
    sources = given.get("sources", {"source": minimal})
    stages = {stage for source in sources.values() for stage in yielded_stages(source) or ()}
    whole = {
        "client": "invented",
        "timezone": "Europe/Paris",
        "country": "FR",
        "sources": sources,
        "conversions": {stage: {"value": 1, "meta": stage} for stage in sorted(stages)},
        "destinations": {"meta": {"dataset_id": "1234567890", "access_token": _SECRET}},
    }
    return yaml.safe_dump({**whole, **given}, allow_unicode=True)


def _keys(model: type[Settings]) -> Iterator[str]:
    """The keys of ``model`` and of every model within it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in _models_in(field.annotation):
            yield from _keys(inner)


def _models_in(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _code(text: str) -> list[str]:
    """What a page shows as code, in its lines or in blocks."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def _rows(text: str, first: str) -> Iterator[list[str]]:
    """The cells of every table whose first header is ``first``, without its headers."""
    for table in re.findall(
        rf"^\| {re.escape(first)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, flags=re.MULTILINE
    ):
        for row in table.splitlines():
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _anchor(heading: str) -> str:
    """A heading as the links to it are written."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")
