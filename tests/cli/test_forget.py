"""``closedwon forget``: a receipt for people or programs, and no word of anybody's data."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from closedwon.cli.app import app

EMAIL = "ada.invented@courriel.example"
CLIENT = """\
client: {name}
timezone: Europe/Paris
country: {country}
sources:
  shops:
    type: pos_files
    path: pos/*.csv
    columns: {{order_id: Ticket, entered_at: Date, amount: Total, email: Email}}
conversions: {{purchase: {{value: 1, meta: Purchase}}}}
destinations: {{meta: {{dataset_id: "1234567890", access_token: invented-token}}}}
"""


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    for name, country in (("lumen", "FR"), ("atlas", "US")):
        (tmp_path / f"{name}.yaml").write_text(CLIENT.format(name=name, country=country), encoding="utf-8")
    return tmp_path


def forget(clients: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["forget", *arguments, "--clients", str(clients)], input=typed)


def kept_out(clients: Path) -> set[tuple[str, str]]:
    path = clients / ".closedwon" / "ledger.db"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT client, kind FROM forgotten"))


def test_somebody_unknown_is_kept_out_of_every_chosen_client(clients: Path) -> None:
    result = forget(clients, "--all", "--email", "-", "--json", typed=f"{EMAIL}\n")
    assert result.exit_code == 0, result.stderr
    assert [receipt["client"] for receipt in json.loads(result.stdout)] == ["atlas", "lumen"]
    assert [receipt["known"] for receipt in json.loads(result.stdout)] == [False, False]
    assert kept_out(clients) == {("atlas", "email"), ("lumen", "email")}
    assert EMAIL not in result.stdout + result.stderr


def test_a_receipt_reads_as_text_too(clients: Path) -> None:
    result = forget(clients, "lumen", "--phone", "06 12 34 56 78")
    assert result.exit_code == 0, result.stderr
    assert "nothing was known, kept out from now on" in result.stdout
    assert "asked for by: phone" in result.stdout
    assert "12 34" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--email, --phone or --record"),
        (["--email", "nobody at all"], "no e-mail address"),
        (["--email", "-", "--phone", "-"], "only one value"),
        (["--email", " "], "empty"),
        (["--record", "T-SECRET-1", "--source", "till"], "there are shops"),
        (["--phone", "0612345678", "--country", "France"], "two letters"),
    ],
)
def test_what_cannot_be_done_is_said_without_repeating_it(
    clients: Path, arguments: list[str], said: str
) -> None:
    result = forget(clients, "lumen", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert "nobody at all" not in result.stderr and "T-SECRET-1" not in result.stderr
    assert kept_out(clients) == set()


def test_a_number_that_one_client_cannot_read_is_forgotten_in_none(clients: Path) -> None:
    result = forget(clients, "--all", "--phone", "06 12 34 56 78")
    assert result.exit_code == 2
    assert kept_out(clients) == set()
    assert forget(clients, "--all", "--phone", "06 12 34 56 78", "--country", "fr").exit_code == 0
    assert kept_out(clients) == {("atlas", "phone"), ("lumen", "phone")}


def shared(clients: Path) -> None:
    """A till at which two people gave one address."""
    (clients / "pos").mkdir()
    today = datetime.now(UTC).date().isoformat()
    rows = [
        f"T-{n},{today} 00:00:00,5.00,{EMAIL},{name},Invented\n" for n, name in enumerate(("Ada", "Grace"))
    ]
    (clients / "pos" / "till.csv").write_text(
        "Ticket,Date,Total,Email,Name,Surname\n" + "".join(rows), encoding="utf-8"
    )
    path = clients / "lumen.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "email: Email", "email: Email, first_name: Name, last_name: Surname"
    )
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["sync", "lumen", "--only", "shops", "--clients", str(clients)])
    assert "purchase 2" in result.stdout, result.stdout + result.stderr


def test_what_several_people_share_is_not_erased_unseen(clients: Path) -> None:
    shared(clients)
    result = forget(clients, "lumen", "--email", EMAIL)
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "--yes" in said and "2 records, 2 stage entries" in said
    assert EMAIL not in said
    assert kept_out(clients) == set()
    result = forget(clients, "lumen", "--email", EMAIL, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "stage entries 2" in result.stdout
