"""Each way to fail ends in a clear message, the right exit code, and nothing lost."""

from __future__ import annotations

import resource
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from closedwon.cli.clients import open_ledger
from closedwon.sandbox.faults import Fault
from config import load_client
from tests.end_to_end.stage import INSTALLER, SHOPS, Stage, tills

FOLDER = "--clients"


def sync(stage: Stage, *names: str, **options: object) -> tuple[int, str]:
    result = stage.closedwon("sync", *names, FOLDER, str(stage.clients), **options)
    return result.returncode, " ".join((result.stdout + result.stderr).split())


def test_a_revoked_token_holds_its_lane_and_no_other(stage: Stage) -> None:
    stage.sandbox.faults.add(Fault("meta", "revoke", times=None))
    code, said = sync(stage, INSTALLER)
    assert code == 1
    assert "has changed the password: make a new one" in said
    assert stage.meta_events(INSTALLER) == []
    assert stage.google_events(INSTALLER)
    stage.sandbox.faults.clear()
    code, _ = sync(stage, INSTALLER)
    assert code == 0
    assert stage.meta_events(INSTALLER)
    stage.counted_once()


def test_a_502_with_an_html_body_is_waited_out(stage: Stage) -> None:
    stage.sandbox.faults.add(
        Fault("meta", "status", status=502), Fault("google", "status", status=502, path="/v1/"),
        Fault("salesforce", "status", status=502),
    )  # fmt: skip
    report = stage.run(INSTALLER)
    assert report.complete, report.failures
    assert stage.meta_events(INSTALLER)


def test_a_platform_that_stays_down_leaves_the_rest_for_the_next_run(stage: Stage) -> None:
    config = stage.clients / f"{INSTALLER}.yaml"
    config.write_text(
        config.read_text().replace("  meta:\n", "  meta:\n    max_attempts: 2\n"), encoding="utf-8"
    )
    stage.sandbox.faults.add(Fault("meta", "status", status=502, times=None))
    code, said = sync(stage, INSTALLER)
    assert code == 1
    assert "HTTP 502 without an answer from Meta" in said
    stage.sandbox.faults.clear()
    report = stage.run(INSTALLER)
    assert report.complete
    assert stage.meta_events(INSTALLER)
    stage.counted_once()


@pytest.mark.parametrize("system", ["meta", "google"])
def test_a_batch_with_one_poisoned_row_goes_through_with_the_rest(stage: Stage, system: str) -> None:
    stage.run(SHOPS)
    (poisoned,) = stage.ledger_rows(
        "SELECT event_id FROM deliveries WHERE state = 'accepted'"
        f" AND client = '{SHOPS}' AND destination = '{system}' LIMIT 1"
    )[0]
    (stage.clients / ".closedwon" / "ledger.db").unlink()
    for rest in (stage.clients / ".closedwon").glob("ledger.db-*"):
        rest.unlink()
    stage.sandbox.faults.add(Fault(system, "poison", event_ids=(poisoned,)))
    lane = next(lane for lane in stage.run(SHOPS).destinations if lane.name == system)
    assert lane.rejected.total() == 1
    assert lane.waiting == lane.held == 0
    assert lane.accepted == lane.queued - 1


def test_a_till_file_with_bad_rows_goes_through_with_the_rest(stage: Stage) -> None:
    code, said = sync(stage, SHOPS)
    assert code == 1
    assert "rows could not be read; the rest went on" in said
    rejects = stage.clients / ".closedwon" / "rejects" / f"{SHOPS}.shops.csv"
    lines = rejects.read_text(encoding="utf-8").splitlines()
    assert len(lines) == stage.scenario.unreadable_rows + 1
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert sync(stage, SHOPS)[0] == 0
    status = stage.closedwon("status", SHOPS, FOLDER, str(stage.clients))
    assert f"{stage.scenario.unreadable_rows} rows are set aside" in status.stdout


def test_a_half_written_file_is_finished_by_the_next_run(stage: Stage) -> None:
    path = stage.clients / "pos" / "till-north.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    stage.run(SHOPS)
    path.write_bytes(whole)
    stage.run(SHOPS)
    orders = {
        row[0] for row in stage.ledger_rows("SELECT record_id FROM stage_entries WHERE stage = 'purchase'")
    }
    assert {purchase.order_id for purchase in stage.scenario.purchases} <= orders
    stage.counted_once()


def test_a_read_only_ledger_stops_before_anything_is_sent(stage: Stage) -> None:
    with open_ledger(load_client(stage.clients / f"{SHOPS}.yaml")):
        pass
    (stage.clients / ".closedwon" / "ledger.db").chmod(0o400)
    code, said = sync(stage, "--all")
    assert code == 1
    assert "read-only" in said
    assert "chmod 600" in said
    assert stage.meta_events(INSTALLER) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said_and_the_next_run_finishes(stage: Stage) -> None:
    def tiny_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    code, said = sync(stage, "--all", preexec_fn=tiny_disk)
    assert code == 1
    assert "free some space" in said
    sync(stage, "--all")
    found = stage.counted_once()
    assert all(found.values())
    waiting = stage.ledger_rows(
        "SELECT count(*) FROM deliveries WHERE state IN ('sending', 'held')"
        " OR (state = 'queued' AND event_time < unixepoch('now') * 1000000)"
    )
    assert waiting == [(0,)]


def test_five_different_mistakes_in_a_clients_file_are_all_named(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    text = path.read_text(encoding="utf-8")
    for right, wrong in {
        "timezone: Europe/Paris": "timezone: Europe/Pariss",
        "    type: salesforce": "    type: saleforce",
        "funnel: [lead, qualified": "funel: [lead, qualified",
        'dataset_id: "': 'dataset_id: "x',
        "${HELIO_META_TOKEN}": "${HELIO_META_TOKKEN}",
    }.items():
        assert right in text
        text = text.replace(right, wrong)
    path.write_text(text, encoding="utf-8")
    code, said = sync(stage, INSTALLER)
    assert code == 2
    for named in ("timezone", "saleforce", "funel", "dataset_id", "HELIO_META_TOKKEN"):
        assert named in said, named
    assert said.count(f"{INSTALLER}.yaml:") >= 5


def test_a_value_that_is_no_expression_is_named_with_its_line(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    path.write_text(
        path.read_text().replace("value: amount * 0.35", "value: amuont * 0.35"), encoding="utf-8"
    )
    code, said = sync(stage, INSTALLER)
    assert code == 2
    assert "conversions.opportunity.value" in said
    assert "did you mean amount?" in said


def test_two_runs_of_one_client_at_once_are_kept_apart(stage: Stage) -> None:
    with open_ledger(load_client(stage.clients / f"{SHOPS}.yaml")) as ledger, ledger.lease(SHOPS):
        code, said = sync(stage, SHOPS)
    assert code == 1
    assert "another run is in progress" in said


def test_one_clients_broken_source_does_not_stop_the_other_client(stage: Stage) -> None:
    for path in (stage.clients / "pos").glob("*.csv"):
        path.unlink()
    code, said = sync(stage, "--all")
    assert code == 1
    assert "pos/*.csv" in said
    assert stage.meta_events(INSTALLER)


def test_a_renamed_crm_field_is_named_and_nothing_is_lost(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("gclid: GCLID__c", "gclid: GCLIDD__c"), encoding="utf-8")
    code, said = sync(stage, INSTALLER)
    assert code == 1
    assert "GCLIDD__c" in said
    assert "GCLID__c" in said.replace("GCLIDD__c", "")
    path.write_text(right, encoding="utf-8")
    assert stage.run(INSTALLER).complete


def test_a_mistake_in_a_secret_is_told_in_full_words(stage: Stage) -> None:
    path = stage.clients / f"{INSTALLER}.yaml"
    path.write_text(path.read_text().replace("${HELIO_META_TOKEN}", "${NO_SUCH_TOKEN}"), encoding="utf-8")
    code, said = sync(stage, INSTALLER)
    assert code == 2
    assert "destinations.meta.access_token: expected" in said
    assert "NO_SUCH_TOKEN" in said


def test_dry_run_stores_and_sends_nothing(stage: Stage, tmp_path: Path) -> None:
    code, said = sync(stage, INSTALLER, "--dry-run")
    assert code == 0
    assert "nothing stored, nothing sent" in said
    assert "Would send" in said
    assert stage.meta_events(INSTALLER) == []
    assert stage.ledger_rows("SELECT count(*) FROM deliveries") == [(0,)]
    assert stage.ledger_rows("SELECT count(*) FROM cursors") == [(0,)]


def test_one_clients_typo_neither_keeps_the_others_from_running_nor_ends_green(stage: Stage) -> None:
    broken = stage.clients / f"{SHOPS}.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("timezone:", "timezoned:"), encoding="utf-8")
    code, said = sync(stage, "--all")
    assert code == 2
    assert f"{SHOPS}.yaml" in said
    assert "timezoned" in said
    assert stage.meta_events(INSTALLER)
    shown = stage.closedwon("status", FOLDER, str(stage.clients))
    assert shown.returncode == 2
    assert INSTALLER in shown.stdout


def test_what_a_killed_run_set_aside_is_reported_by_the_next_one(stage: Stage) -> None:
    assert (set_aside := tills(stage.run(SHOPS)).set_aside) > 0
    with closing(sqlite3.connect(stage.clients / ".closedwon" / "ledger.db")) as ledger:
        ledger.execute("UPDATE runs SET outcome = 'running', finished_at = NULL, report = NULL")
        ledger.commit()
    report = stage.run(SHOPS)
    assert tills(report).set_aside == set_aside
    assert not report.complete
    assert stage.run(SHOPS).complete
