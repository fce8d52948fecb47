"""No e-mail, phone or name of the generated people anywhere but in the sources, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import CLIENTS, INSTALLER, SHOPS, Stage, tills

TALKATIVE = {
    "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google",
    "GRPC_TRACE": "all",
    "GRPC_VERBOSITY": "debug",
    "PYTHONWARNINGS": "always",
    "S3FS_LOGGING_LEVEL": "DEBUG",
}
"""Variables of the environment by which SDKs would print what they send."""

TOLD = (
    "SELECT message, reason, NULL, NULL FROM deliveries"
    " UNION SELECT answer, reason, platform_request_id, NULL FROM requests"
    " UNION SELECT report, outcome, NULL, NULL FROM runs UNION SELECT reason, masked, file, NULL FROM rejects"
)
"""What the ledger keeps for its readers."""


def personal_data(stage: Stage) -> set[str]:
    """What must be found nowhere: e-mails and phones as the sources write them, and as the platforms know them."""
    found: set[str] = set()
    for person in stage.scenario.world.people.values():
        found |= {person.email.lower(), person.phone, person.phone.lstrip("+")}
    for path in (stage.clients / "pos").glob("*.csv"):
        text = path.read_bytes().decode("utf-8-sig" if "north" not in path.name else "cp1252", "replace")
        found |= {address.lower() for address in re.findall(r"[^\s,;\t\"<>]+@[^\s,;\t\"<>]+", text)}
    for record in stage.scenario.world.orgs[0].objects["Lead"].values():
        found |= {
            str(record[field]).lower()
            for field in ("Email", "Phone", "MobilePhone")
            if len(str(record.get(field) or "")) > 6
        }
    for portal in stage.scenario.world.portals:
        for contact in portal.objects["contacts"].values():
            found |= {contact.properties.get(name, "").lower() for name in ("email", "phone")}
    return {value for value in found if len(value) > 6}


def known_to_platforms(stage: Stage) -> set[str]:
    """What platforms are sent of people: hashes, click ids, lead ids, addresses of devices."""
    rows = stage.ledger_rows("SELECT payload FROM deliveries WHERE payload IS NOT NULL")
    payloads = [json.loads(payload) for (payload,) in rows]
    parts = [payload.get(key) for payload in payloads for key in ("user_data", "ad_identifiers")]
    return {value for value in texts_in(parts) if len(value) > 12}


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts_in(inner)
    elif value is not None:
        yield str(value)


def leaks(text: str, people: set[str]) -> set[str]:
    lowered = text.lower()
    digits = re.sub(r"\D", "", text)
    phones = {value for value in people if "@" not in value}
    return {value for value in people if value in lowered} | {
        value
        for value in phones
        if len(re.sub(r"\D", "", value)) >= 11 and re.sub(r"\D", "", value) in digits and value in text
    }


def written_files(stage: Stage) -> dict[str, str]:
    folder = stage.clients / ".closedwon"
    return {
        str(path): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_neither_ledger_nor_rejects_hold_anybody(stage: Stage) -> None:
    for client in CLIENTS:
        stage.run(client)
    people = personal_data(stage)
    assert len(people) > 100
    for name, text in written_files(stage).items():
        assert leaks(text, people) == set(), name


def test_no_log_level_and_no_failure_names_anybody_or_shows_a_secret(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = personal_data(stage)
    for name, value in TALKATIVE.items():
        monkeypatch.setenv(name, value)
    secrets = {
        line.partition("=")[2].strip().strip("\"'")
        for line in (stage.clients / ".env").read_text().splitlines()
        if "=" in line
    }
    assert secrets
    stage.sandbox.faults.add(
        Fault("meta", "reset"),
        Fault("meta", "status", status=500, body="<html>oops</html>"),
        Fault("salesforce", "status", status=500, body="<html>oops</html>"),
        Fault("hubspot", "status", status=500, body="<html>oops</html>"),
        Fault("google", "reset", path="/v1/"),
        Fault("meta", "revoke", times=1),
    )
    said = ""
    for _ in range(2):
        for arguments in (
            ["-vv", "sync", "--all"],
            ["-v", "sync", "--all", "--json"],
            ["-vv", "status"],
            ["-vv", "check", "--all"],
        ):
            result = stage.closedwon(*arguments, "--clients", str(stage.clients))
            said += result.stdout + result.stderr
    assert "attempt 1 failed" in said
    assert leaks(said, people) == set()
    platforms = known_to_platforms(stage)
    assert len(platforms) > 100
    told = (column for row in stage.ledger_rows(TOLD) for column in row if column)
    for text in (said, *told):
        assert {value for value in platforms if value in text} == set()
        assert not re.search(r"\b[0-9a-f]{64}\b", text)
    for secret in secrets:
        assert secret not in said
    for name, text in written_files(stage).items():
        assert leaks(text, people) == set(), name


def test_an_address_used_as_an_order_number_is_neither_stored_nor_sent(stage: Stage) -> None:
    path = stage.clients / f"{SHOPS}.yaml"
    path.write_text(path.read_text().replace("order_id: Order", "order_id: Email"), encoding="utf-8")
    read = tills(stage.run(SHOPS))
    assert read.set_aside > 20
    assert any("e-mail address stands where" in note for note in read.notes)
    assert stage.ledger_rows(
        "SELECT count(*) FROM stage_entries WHERE instr(record_id || order_id, '@')"
    ) == [(0,)]
    for name, text in written_files(stage).items():
        assert leaks(text, personal_data(stage)) == set(), name


def test_explain_masks_what_could_identify_a_person(stage: Stage) -> None:
    stage.run(INSTALLER)
    people = personal_data(stage)
    (record,) = stage.ledger_rows(
        "SELECT record_id FROM stage_entries JOIN deliveries USING (client, event_id) WHERE payload IS NOT NULL LIMIT 1"
    )[0]
    for extra in ([], ["--json"]):
        result = stage.closedwon("explain", record, *extra, "--clients", str(stage.clients))
        assert result.returncode == 0, result.stderr
        assert leaks(result.stdout, people) == set()
        assert re.search(r"\b[0-9a-f]{64}\b", result.stdout) is None
