"""Audiences at the platforms: differences only, through refusals, kills and requests to be forgotten."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests

from closedwon.cli.clients import open_ledger
from closedwon.ledger.audiences.lanes import MemberLane
from closedwon.pipeline.audiences.syncing import sync_audiences
from closedwon.pipeline.forgetting.forget import Asked, forget
from closedwon.pipeline.forgetting.memberships import Memberships
from closedwon.pipeline.opening import open_audience_uploader
from closedwon.sandbox.faults import Fault
from closedwon.sandbox.scenario import generate
from closedwon.sandbox.server import serve_in_thread
from config import ClientFile, load_client
from tests.end_to_end.stage import SHOPS, Stage, environment
from tests.end_to_end.test_changes import edit, one_order
from uploads.audiences import meta_rows
from uploads.audiences.base import AudienceSpec

ADA, BOB = "ada@courriel.example", "bob@courriel.example"
AUDIENCES = """
audiences:
  buyers:
    stages: [purchase]
    days: 90
    value: amount
    meta: {name: Buyers, value_based: true}
    google: {name: Buyers}
"""


@dataclass
class Shops(Stage):
    """The shop chain, whose tills sell what a test says."""

    @property
    def file(self) -> ClientFile:
        return load_client(self.clients / f"{SHOPS}.yaml")

    def audience(self, platform: str) -> dict[str, Any]:
        """The one audience that a platform has."""
        (found,) = self.asked(platform).values()
        return found

    def inside(self, platform: str) -> list[dict[str, Any]]:
        """Who is in it, by hash."""
        (audience_id,) = self.asked(platform)
        return requests.get(self._page(platform), {"audience": audience_id}, timeout=10).json()  # type: ignore[no-any-return]

    def sizes(self) -> tuple[int, int]:
        """How many people are in it at Meta and at Google."""
        return len(self.inside("meta")), len(self.inside("google"))

    def asked(self, platform: str) -> dict[str, dict[str, Any]]:
        """A platform's audiences, by id."""
        return requests.get(self._page(platform), timeout=10).json()  # type: ignore[no-any-return]

    def _page(self, platform: str) -> str:
        return f"{self.sandbox.url}/_sandbox/{platform}/audiences"


@contextmanager
def opened(folder: Path) -> Iterator[Shops]:
    scenario = generate(11, leads=50, purchases=300, now=datetime.now(UTC))
    with serve_in_thread(scenario.world) as sandbox:
        scenario.write(folder, sandbox.url)
        made = Shops(scenario, sandbox, folder / "clients")
        path = made.clients / f"{SHOPS}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + AUDIENCES, encoding="utf-8")
        # Google tells the next run what became of a request.
        edit(path, "  google:\n", "  google:\n    status_after_minutes: 0\n")
        sandbox.systems["google"].statuses.processing_time *= 0  # type: ignore[attr-defined]
        yield made


def delete_audiences(shops: Shops) -> None:
    """Somebody deletes every audience at the platforms."""
    shops.sandbox.systems["meta"]._audiences._audiences.clear()  # type: ignore[attr-defined]
    shops.sandbox.systems["google"]._lists.all.clear()  # type: ignore[attr-defined]


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Shops]:
    """Shops that have sold once, to Ada."""
    with opened(tmp_path) as made:
        one_order(made, Email=ADA)
        yield made


def test_a_whole_shop_is_told_once_and_the_next_run_tells_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as made:
        first = {one.destination: one for one in made.run(SHOPS).audiences}
        # Meta is told of each of a member's phone numbers in a row of its own.
        assert len(made.inside("meta")) >= first["meta"].members > 50
        # A number that several people share, without an address beside it, is one of Google's members.
        assert first["google"].members - 3 <= len(made.inside("google")) <= first["google"].members
        before = made.audience("meta"), made.audience("google")
        assert [one.joined + one.left for one in made.run(SHOPS).audiences] == [0, 0]
        assert (made.audience("meta"), made.audience("google")) == before


def test_a_new_amount_is_told_to_the_platform_that_hears_of_values(shops: Shops) -> None:
    shops.run(SHOPS)
    assert shops.audience("meta")["value"] == 10.0
    one_order(shops, Email=ADA, Total="12.50")
    shops.run(SHOPS)
    assert shops.audience("meta")["value"] == 12.5
    assert (shops.audience("meta")["requests"], shops.audience("google")["requests"]) == (2, 1)


def test_who_withdraws_consent_is_taken_out_at_both_platforms(shops: Shops) -> None:
    shops.run(SHOPS)
    assert shops.sizes() == (1, 1)
    one_order(shops, Email=ADA, **{"Marketing consent": "no"})
    shops.run(SHOPS)
    assert shops.sizes() == (0, 0)
    assert shops.run(SHOPS).complete
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_after_its_days_a_member_is_taken_out_without_a_new_word_of_the_source(shops: Shops) -> None:
    shops.run(SHOPS)
    with open_ledger(shops.file) as ledger:
        later = datetime.now(UTC) + timedelta(days=91)
        sync_audiences(shops.file.settings, ledger, clock=lambda: later)
    assert shops.inside("meta") == []


def test_an_answer_that_a_kill_lost_leaves_nobody_behind(shops: Shops) -> None:
    shops.run(SHOPS)
    shops.sandbox.faults.add(Fault("meta", "revoke", times=None))
    one_order(shops, Email=BOB)
    shops.run(SHOPS)
    shops.sandbox.faults.clear()
    with open_ledger(shops.file) as ledger:
        lane = MemberLane(ledger, SHOPS, ("meta", "buyers"))
        platform_id, _, _ = lane.made()
        assert platform_id
        # The request arrives, and its sender dies before the answer is committed.
        page = lane.claim_joining("", 10).with_columns(ad_user_data=pl.lit("granted"))
        list(open_audience_uploader(shops.file.settings, "meta").add(platform_id, page))
    assert len(shops.inside("meta")) == 2
    one_order(shops, Email=BOB, **{"Marketing consent": "no"})
    shops.run(SHOPS)
    assert shops.inside("meta") == []


def test_a_run_killed_between_two_requests_is_gone_on_with(shops: Shops) -> None:
    shops.run(SHOPS)
    one_order(shops, Email=BOB)
    (audience_id,) = shops.asked("meta")
    shops.sandbox.faults.add(Fault("meta", "slow", path=f"/v26.0/{audience_id}/users", seconds=30))
    with subprocess.Popen(
        shops.command("sync", SHOPS, "--clients", str(shops.clients)), env=environment()
    ) as process:
        # Ada's removal has arrived, and its answer has not.
        until = time.monotonic() + 60
        while shops.inside("meta") and time.monotonic() < until:
            time.sleep(0.05)
        process.kill()
    assert shops.inside("meta") == []
    told_google = shops.audience("google")["requests"]
    assert len(shops.inside("google")) == 1
    report = shops.run(SHOPS)
    assert shops.sizes() == (1, 1)
    assert shops.audience("google")["requests"] == told_google
    assert [(one.joined, one.left) for one in report.audiences] == [(0, 0), (1, 1)]


def test_a_platform_that_is_away_stops_no_other_and_hears_of_the_rest_later(shops: Shops) -> None:
    path = shops.clients / f"{SHOPS}.yaml"
    edit(path, "    ad_account_id", "    max_attempts: 1\n    ad_account_id")
    shops.sandbox.faults.add(Fault("meta", "status", status=502, times=None))
    report = shops.run(SHOPS)
    assert not report.complete
    assert [one.destination for one in report.audiences if one.error] == ["meta"]
    assert len(shops.inside("google")) == 1
    shops.sandbox.faults.clear()
    shops.run(SHOPS)
    assert shops.sizes() == (1, 1)


def test_an_audience_that_is_declared_no_more_is_emptied(shops: Shops) -> None:
    shops.run(SHOPS)
    edit(shops.clients / f"{SHOPS}.yaml", AUDIENCES, "\n")
    shops.run(SHOPS)
    assert shops.sizes() == (0, 0)
    shops.run(SHOPS)
    for table in ("audiences", "audience_entries", "audience_members", "audience_people"):
        assert shops.ledger_rows(f"SELECT * FROM {table}") == []


def test_who_was_told_in_two_ways_is_kept_until_both_are_taken_out(
    shops: Shops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_rows, "MOST_ROWS", 1)
    edit(shops.clients / f"{SHOPS}.yaml", "    ad_account_id", "    max_attempts: 1\n    ad_account_id")
    for phone in ("+33 6 12 34 56 70", "+33 6 12 34 56 71"):
        one_order(shops, Email=ADA, Phone=phone)
        shops.run(SHOPS)
    (audience_id,) = shops.asked("meta")
    one_order(shops, Email=ADA, Phone="+33 6 12 34 56 71", **{"Marketing consent": "no"})
    shops.sandbox.faults.add(Fault("meta", "status", path=f"/v26.0/{audience_id}/users", after=1))
    shops.run(SHOPS)
    assert len(shops.ledger_rows("SELECT * FROM audience_members WHERE state = 'leaving'")) == 1
    shops.run(SHOPS)
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_an_audience_under_another_id_is_filled_and_the_one_before_emptied(shops: Shops) -> None:
    edit(shops.clients / f"{SHOPS}.yaml", "    ad_account_id", "    max_attempts: 1\n    ad_account_id")
    shops.run(SHOPS)
    (before,) = shops.asked("meta")
    other = AudienceSpec("of/another", "Another", value_based=True, membership_days=90)
    after = open_audience_uploader(shops.file.settings, "meta").ensure(other, None)
    edit(shops.clients / f"{SHOPS}.yaml", "{name: Buyers, value", f'{{name: Buyers, id: "{after}", value')
    shops.sandbox.faults.add(Fault("meta", "status", path=f"/v26.0/{before}/users"))
    assert not shops.run(SHOPS).complete
    assert {one: found["members"] for one, found in shops.asked("meta").items()} == {before: 1, after: 0}
    assert shops.run(SHOPS).complete
    assert {one: found["members"] for one, found in shops.asked("meta").items()} == {before: 0, after: 1}
    one_order(shops, Email=ADA, **{"Marketing consent": "no"})
    assert shops.run(SHOPS).complete
    assert [found["members"] for found in shops.asked("meta").values()] == [0, 0]


def test_an_audience_that_somebody_deleted_at_the_platform_is_made_anew(shops: Shops) -> None:
    shops.run(SHOPS)
    delete_audiences(shops)
    one_order(shops, Email=BOB)
    report = shops.run(SHOPS)
    assert report.complete
    assert all("no longer in the account" in str(one.notes) for one in report.audiences)
    assert shops.sizes() == (1, 1)
    assert [one.members for one in report.audiences] == [1, 1]


def test_an_audience_that_is_gone_at_the_platform_and_from_the_file_is_forgotten(shops: Shops) -> None:
    shops.run(SHOPS)
    delete_audiences(shops)
    edit(shops.clients / f"{SHOPS}.yaml", AUDIENCES, "\n")
    assert shops.run(SHOPS).complete
    assert shops.ledger_rows("SELECT * FROM audiences") == []
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_who_is_forgotten_is_taken_out_at_once(shops: Shops) -> None:
    shops.run(SHOPS)
    with open_ledger(shops.file) as ledger:
        receipt = forget(shops.file.settings, ledger, Asked(email=ADA), now=datetime.now(UTC))
    assert receipt.memberships == {"google": Memberships(0, 1, 0), "meta": Memberships(1, 0, 0)}
    assert any("google has taken the request" in note for note in receipt.notes)
    assert shops.sizes() == (0, 0)
    assert shops.ledger_rows("SELECT * FROM audience_entries") == []
    shops.run(SHOPS)
    assert shops.sizes() == (0, 0)
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_where_a_platform_is_away_its_hashes_are_kept_until_it_has_forgotten(shops: Shops) -> None:
    path = shops.clients / f"{SHOPS}.yaml"
    edit(path, "    ad_account_id", "    max_attempts: 1\n    ad_account_id")
    shops.run(SHOPS)
    shops.sandbox.faults.add(Fault("meta", "status", status=502, times=None))
    with open_ledger(shops.file) as ledger:
        receipt = forget(shops.file.settings, ledger, Asked(email=ADA), now=datetime.now(UTC))
    assert receipt.memberships["meta"].waiting == 1
    assert any("closedwon audiences" in note for note in receipt.notes)
    shops.sandbox.faults.clear()
    shops.run(SHOPS)
    assert shops.sizes() == (0, 0)
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_a_removal_that_google_accepted_and_did_not_make_is_told_again(shops: Shops) -> None:
    shops.run(SHOPS)
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR", times=None))
    one_order(shops, Email=ADA, **{"Marketing consent": "no"})
    at_google = shops.run(SHOPS).audiences[0]
    assert (at_google.left, at_google.unconfirmed, at_google.leaving) == (1, 1, 0)
    assert shops.sizes() == (0, 1)
    shops.sandbox.faults.clear()
    there = ("--clients", str(shops.clients))
    assert "buyers at google: 1 taken out, to be confirmed" in shops.closedwon("status", SHOPS, *there).stdout
    at_google = shops.run(SHOPS).audiences[0]
    assert (at_google.told_again, at_google.left, at_google.unconfirmed) == (1, 1, 1)
    assert shops.sizes() == (0, 0)
    report = shops.run(SHOPS)
    assert [one.is_empty for one in report.audiences] == [True, True]
    assert shops.ledger_rows("SELECT * FROM audience_members") == []


def test_members_whom_google_accepted_and_did_not_take_join_again_and_it_is_said_why(shops: Shops) -> None:
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason="UNKNOWN_CONSENT", times=None))
    shops.run(SHOPS)
    report = shops.run(SHOPS)
    at_google = report.audiences[0]
    assert (at_google.told_again, at_google.joined, at_google.members) == (1, 1, 1)
    assert "UNKNOWN_CONSENT (1): Google could not establish consent" in str(at_google.error)
    assert not report.complete
    assert shops.sizes() == (1, 0)
    shops.sandbox.faults.clear()
    shops.run(SHOPS)
    assert shops.sizes() == (1, 1)
    at_google = shops.run(SHOPS).audiences[0]
    assert (at_google.told_again, at_google.complete) == (0, True)


def test_who_left_does_not_join_the_list_that_is_made_in_place_of_a_deleted_one(shops: Shops) -> None:
    shops.run(SHOPS)
    one_order(shops, Order="A2", Email=BOB)
    shops.run(SHOPS)
    one_order(shops, Email=ADA, **{"Marketing consent": "no"})
    shops.run(SHOPS)
    shops.sandbox.systems["google"].statuses.processing_time = timedelta(days=1)  # type: ignore[attr-defined]
    delete_audiences(shops)
    one_order(shops, Order="A3", Email="cleo@courriel.example")
    reports = shops.run(SHOPS).audiences
    assert [(one.members, one.unconfirmed, one.refused) for one in reports] == [(2, 0, 0)] * 2
    assert shops.sizes() == (2, 2)


def test_status_asks_what_became_of_members(shops: Shops) -> None:
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR", times=None))
    shops.run(SHOPS)
    told = shops.closedwon("status", SHOPS, "--clients", str(shops.clients), "--refresh").stdout
    assert "google buyers: Google counted none of the request's records. INTERNAL_ERROR (1)" in " ".join(
        told.split()
    )
    assert "audience buyers at google: 1 joining (1 told of in vain" in " ".join(told.split())


def test_who_comes_back_before_google_confirmed_that_they_left_is_in(shops: Shops) -> None:
    shops.run(SHOPS)
    one_order(shops, Email=ADA, **{"Marketing consent": "no"})
    shops.run(SHOPS)
    one_order(shops, Email=ADA, **{"Marketing consent": "yes"})
    shops.run(SHOPS)
    assert shops.sizes() == (1, 1)
    assert [one.members for one in shops.run(SHOPS).audiences] == [1, 1]


def test_the_command_shows_who_would_join_and_then_tells(shops: Shops) -> None:
    shops.sandbox.faults.add(Fault("meta", "revoke", times=None))
    shops.run(SHOPS)
    shops.sandbox.faults.clear()
    there = ("--clients", str(shops.clients))
    dry = shops.closedwon("audiences", SHOPS, *there, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    (shown,) = json.loads(dry.stdout)
    at_meta = next(one for one in shown["audiences"] if one["destination"] == "meta")
    assert (at_meta["joining"], at_meta["members"]) == (1, 0)
    told = shops.closedwon("audiences", SHOPS, *there)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Buyers" in told.stdout
    assert shops.sizes() == (1, 1)
    assert "audience buyers at meta: 1 member" in shops.closedwon("status", SHOPS, *there).stdout


def test_nothing_of_anybody_is_said(shops: Shops, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    report = shops.run(SHOPS)
    (member,) = shops.inside("meta")
    hashes = [value for value in member.values() if isinstance(value, str) and len(value) == 64]
    assert hashes
    said = caplog.text + json.dumps(report.as_json())
    assert ADA not in said
    assert not [one for one in hashes if one in said]
