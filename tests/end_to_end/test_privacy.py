"""No e-mail, phone or name of the generated people anywhere but in the sources, whatever happens."""

from __future__ import annotations

import re
from pathlib import Path

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import CLIENTS, INSTALLER, SHOPS, Stage, tills


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


def test_no_log_level_and_no_failure_names_anybody_or_shows_a_secret(stage: Stage, tmp_path: Path) -> None:
    people = personal_data(stage)
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
