"""What changes between two runs: consent, the clients' files, the names of things."""

from __future__ import annotations

import csv
from pathlib import Path

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import INSTALLER, SHOPS, Stage, tills


def one_order(stage: Stage, **changes: str) -> None:
    """A till that sold once; ``changes`` replace cells of that sale."""
    folder = stage.clients / "pos"
    for path in folder.glob("*.csv"):
        path.unlink()
    row = {
        "Order": "A1", "Date": stage.scenario.world.now.strftime("%Y-%m-%d 00:10:00"), "Total": "10.00", "Type": "Sale",
        "Store": "Lyon", "Email": "invented@courriel.example", "Phone": "", "First name": "", "Last name": "",
        "Postcode": "", "Loyalty card": "", "Marketing consent": "yes",
    } | changes  # fmt: skip
    with (folder / "till.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_consent_withdrawn_while_a_token_is_mended_keeps_the_person_from_the_platform(stage: Stage) -> None:
    stage.sandbox.faults.add(Fault("meta", "revoke", times=None))
    one_order(stage)
    stage.run(SHOPS)
    stage.sandbox.faults.clear()
    one_order(stage, **{"Marketing consent": "no"})
    stage.run(SHOPS)
    assert stage.purchases() == []


def test_an_amount_mended_while_a_platform_is_down_is_the_one_that_is_sent(stage: Stage) -> None:
    edit(
        stage.clients / f"{SHOPS}.yaml",
        "  meta:\n    dataset_id",
        "  meta:\n    max_attempts: 1\n    dataset_id",
    )
    stage.sandbox.faults.add(Fault("meta", "status", status=502, times=None))
    one_order(stage)
    stage.run(SHOPS)
    stage.sandbox.faults.clear()
    one_order(stage, Total="12.00")
    stage.run(SHOPS)
    assert [event["value"] for event in stage.purchases()] == [12.0]


def test_a_wrong_conversion_action_is_mended_in_the_clients_file(stage: Stage) -> None:
    path = stage.clients / f"{SHOPS}.yaml"
    (google,) = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('    google: "')
    ]
    edit(path, google, '    google: "999999"')
    report = stage.run(SHOPS)
    lane = next(lane for lane in report.destinations if lane.name == "google")
    assert lane.held == lane.queued > 0
    assert "customer_id is the account that owns it" in (lane.error or "")
    edit(path, '    google: "999999"', google)
    lane = next(lane for lane in stage.run(SHOPS).destinations if lane.name == "google")
    assert lane.held == 0
    assert len(stage.google_events(SHOPS)) == lane.accepted > 0


def test_a_destination_that_is_added_later_hears_of_what_was_read_before(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    whole = path.read_text(encoding="utf-8")
    without = whole[: whole.index("  google:\n    customer_id")]
    without = "\n".join(
        line.split(", google:")[0] + "}" if ", google:" in line else line for line in without.splitlines()
    )
    path.write_text(without, encoding="utf-8")
    assert {lane.name for lane in stage.run(INSTALLER).destinations} == {"meta"}
    path.write_text(whole, encoding="utf-8")
    report = stage.run(INSTALLER)
    assert len(stage.google_events(INSTALLER)) > 5
    assert next(lane for lane in report.destinations if lane.name == "meta").sent == 0


def test_only_names_a_destination_and_the_others_wait(stage: Stage) -> None:
    result = stage.closedwon("sync", INSTALLER, "--only", "google", "--clients", str(stage.clients))
    assert result.returncode == 0, result.stderr
    assert stage.google_events(INSTALLER)
    assert stage.meta_events(INSTALLER) == []
    stage.run(INSTALLER)
    assert stage.meta_events(INSTALLER)


def test_two_orders_under_one_number_are_said(stage: Stage) -> None:
    one_order(stage)
    with (stage.clients / "pos" / "till.csv").open("a", encoding="utf-8") as file:
        today = stage.scenario.world.now.strftime("%Y-%m-%d 00:15:00")
        file.write(f"A1,{today},99.00,Sale,Nice,somebody@courriel.example,,,,,,yes\r\n")
    report = stage.run(SHOPS)
    assert tills(report).collisions == 1
    assert not report.complete
    assert any("Store + Ticket" in note for note in tills(report).notes)
