"""What the README says is true: its client's file loads, and it knows every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from closedwon.cli.app import app
from config import load_client

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def test_its_clients_file_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example, *_ = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    for name in set(re.findall(r"\$\{(\w+)\}", example)):
        monkeypatch.setenv(name, "invented-secret")
    (tmp_path / "secrets").mkdir()
    for name in ("salesforce.pem", "google.json"):
        (tmp_path / "secrets" / name).write_text("", encoding="utf-8")
    path = tmp_path / "acme-solar.yaml"
    path.write_text(example, encoding="utf-8")
    settings = load_client(path).settings
    assert settings.client == "acme-solar"
    assert set(settings.conversions) == {"lead", "qualified", "opportunity", "won", "purchase"}


def test_it_knows_every_command() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) >= 8
    missing = [
        name for name in commands if f"closedwon {name}" not in README and f"make {name}" not in README
    ]
    assert missing == []


def test_every_page_that_it_links_to_is_there() -> None:
    root = Path(__file__).resolve().parent.parent
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (root / link).exists()] == []
