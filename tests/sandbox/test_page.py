"""docs/sandbox.md and the sandbox say the same: every fault, key, path and refusal, and its examples can be armed."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import (
    PLATFORM_KINDS,
    STATUSES_OF_GRPC,
    TRANSPORT_KINDS,
    UNSUITED,
    Fault,
)
from closedwon.sandbox.scenario import generate

PATH = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
PAGE = PATH.read_text(encoding="utf-8")


def tables(header: str) -> list[list[list[str]]]:
    """The cells, without their code marks, of every table that begins with ``header``."""
    found = re.findall(
        rf"^\| {re.escape(header)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE + "\n", flags=re.MULTILINE
    )
    return [[_cells(row) for row in table.splitlines()] for table in found]


def _cells(row: str) -> list[str]:
    return [re.sub(r"^`([^`]*)`$", r"\1", cell.strip()) for cell in row.split("|")[1:-1]]


def test_every_fault_is_told_with_what_it_does() -> None:
    of_transport, of_platforms = tables("kind")
    assert dict(of_transport) == TRANSPORT_KINDS
    assert dict(of_platforms) == PLATFORM_KINDS


def test_every_key_of_a_fault_is_told_with_what_holds_where_it_is_left_out() -> None:
    (rows,) = tables("key")
    assert [name for name, *_ in rows] == [field.name for field in fields(Fault)]
    defaults = {field.name: field.default for field in fields(Fault)}
    for name, left_out, _ in rows:
        if left_out == "required":
            assert defaults[name] is MISSING
        elif isinstance(defaults[name], int | float):
            assert left_out == str(defaults[name])


def test_what_a_system_cannot_show_is_told() -> None:
    (rows,) = tables("system")
    assert rows == [[system, kind, why] for system, kinds in UNSUITED.items() for kind, why in kinds.items()]


def test_every_status_of_grpc_is_told() -> None:
    (rows,) = tables("status")
    assert {int(status): code for status, code in rows} == STATUSES_OF_GRPC


def test_the_paths_are_those_that_are_served() -> None:
    (rows,) = tables("request")
    app = create_app(generate(7, leads=1, purchases=1, now=datetime(2026, 11, 20, tzinfo=UTC)).world)
    own = {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith("/_sandbox/")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {request for request, _ in rows} == own


@pytest.mark.parametrize("system", ["hubspot", "salesforce"])
def test_what_can_be_changed_in_a_crm_is_what_is_served(system: str) -> None:
    (rows,) = tables(f"under `/_sandbox/{system}/`")
    told = {verb for verbs, *_ in rows for verb in re.findall(r"[a-z-]+", verbs)}
    app = create_app(generate(7, leads=1, purchases=1, now=datetime(2026, 11, 20, tzinfo=UTC)).world)
    (mount,) = (one for one in app.routes if isinstance(one, Mount) and one.path == f"/_sandbox/{system}")
    assert told == {route.path.strip("/") for route in mount.routes if isinstance(route, Route)}


@pytest.mark.parametrize("example", re.findall(r"/faults --json '(\{.*?\})'", PAGE))
def test_an_example_can_be_armed(example: str) -> None:
    assert Fault.from_json(json.loads(example))


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (PATH.parent / link).is_file()] == []
