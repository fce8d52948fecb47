"""``closedwon check`` folds out what it found of a till's files, and shows nobody's data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from closedwon.cli.app import app
from tests.sandbox.small_portal import serve

CLIENT = """\
client: shop
timezone: Europe/Paris
country: FR
currency: EUR
sources:
  till:
    type: pos_files
    path: data/*.csv
    columns: {order_id: Ticket, entered_at: Date, amount: Total, email: Mail, phone: Phone}
destinations:
  meta: {dataset_id: "1234567890", access_token: invented-token, endpoint: "http://127.0.0.1:9"}
conversions:
  purchase: {value: amount, meta: Purchase}
consent: {default: granted}
"""
EXPORT = """\
Ticket;Date;Total;Mail;Phone
T1;31/05/2026 10:00;12,50;quinn@example.com;0612345678
T2;31/05/2026 11:00;8,00;;
"""


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "may.csv").write_text(EXPORT)
    (tmp_path / "shop.yaml").write_text(CLIENT)
    return tmp_path


def check(clients: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["check", "shop", "--clients", str(clients), *options])


def test_the_short_form_says_what_was_found_and_how_to_see_more(clients: Path) -> None:
    output = check(clients).output
    assert "✓ shop till may.csv: utf-8, delimiter semicolon" in output
    assert "50% with e-mail or phone" in " ".join(output.split())
    assert "--details shows what was found" in output
    assert "its first rows" not in output


def test_details_fold_out_what_was_found_of_each_file(clients: Path) -> None:
    output = check(clients, "--details").output
    for title in ("how it is written", "columns", "whom the rows name", "its first rows, masked"):
        assert f"may.csv: {title}" in output
    assert "q…@e….com" in output


def test_json_always_has_the_details(clients: Path) -> None:
    found = {one["where"]: one for one in json.loads(check(clients, "--json").output)}
    tables = {table["title"]: table for table in found["till may.csv"]["details"]}
    assert ["with e-mail", "1", "50%"] in tables["may.csv: whom the rows name"]["rows"]
    assert tables["may.csv: columns"]["headers"] == ["column", "header"]


@pytest.mark.parametrize("form", ["--details", "--json"])
def test_nobodys_data_is_shown(clients: Path, form: str) -> None:
    output = check(clients, form).output
    assert "quinn" not in output
    assert "061234" not in output


def test_who_forgets_consent_is_told_what_to_write(clients: Path) -> None:
    (clients / "shop.yaml").write_text(CLIENT.replace("consent: {default: granted}\n", ""))
    result = check(clients, "--offline")
    said = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "! shop consent: nothing of till will be sent" in said
    assert (
        "name the field under consent.fields, or, where all agreed, write consent: {default: granted}" in said
    )
    (file, consent) = json.loads(check(clients, "--offline", "--json").output)
    assert "warning" not in file and consent["warning"] is True


def test_who_says_what_people_agreed_to_is_not_warned(clients: Path) -> None:
    assert "consent" not in check(clients, "--offline").output


LEARNING = CLIENT.replace(
    "  till:\n",
    """\
  site:
    type: hubspot
    auth: {flow: service_key, token: invented}
    endpoint: "$portal"
    stages:
      contact.lifecyclestage: {Lead: visit}
  till:
""",
).replace(
    "conversions:\n",
    """\
funnel: [visit, purchase]
quality: {won: purchase}
conversions:
  visit: {value: learned, meta: Visit}
""",
)


def test_learned_values_that_were_never_frozen_are_warned_of(clients: Path) -> None:
    # A portal that refuses is not waited for, as one that does not answer would be.
    with serve() as portal:
        (clients / "shop.yaml").write_text(LEARNING.replace("$portal", portal.url))
        said = " ".join(check(clients).output.split())
    assert "wait until there are learned values" in said
    assert "closedwon values shop --freeze" in said
