"""The house as DESIGN draws it: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("closedwon", "config", "connectors", "matching", "uploads")

MAY_IMPORT = {
    "config": set(),
    "connectors": {"config"},
    "matching": {"config"},
    "uploads": {"config"},
    "closedwon": {"config", "connectors", "matching", "uploads"},
}
LONGEST_FILE = 420


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported_packages(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names: set[str] = set()
    for node in tree:
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def imported_rooms(path: Path) -> set[str]:
    return imported_packages(path) & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_one_beside_or_above_it(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    trespassers = {
        str(path.relative_to(ROOT)): sorted(imported_rooms(path) - allowed)
        for path in modules(room)
        if imported_rooms(path) - allowed
    }
    assert trespassers == {}


def test_the_sandbox_reads_the_documentation_for_itself() -> None:
    for path in (ROOT / "closedwon" / "sandbox").rglob("*.py"):
        assert not imported_rooms(path) & {"matching", "uploads", "connectors"}, path
        source = path.read_text(encoding="utf-8")
        for inner in ("pipeline", "ledger", "cli"):
            assert f"closedwon.{inner}" not in source, path


@pytest.mark.parametrize(
    ("sdk", "home"),
    [("facebook_business", "uploads"), ("simple_salesforce", "connectors"), ("hubspot", "connectors")],
)
def test_only_the_worker_of_a_platform_knows_its_sdk(sdk: str, home: str) -> None:
    users = {room for room in ROOMS for path in modules(room) if sdk in imported_packages(path)}
    assert users <= {home}


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_grows_past_what_can_be_read_at_once(room: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(room)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}
