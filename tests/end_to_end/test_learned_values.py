"""From a CRM's history to what platforms are told: learned, frozen, sent, and recorded with each conversion."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from closedwon.cli.app import app
from tests.end_to_end.stage import INSTALLER, opened


def test_what_is_learned_is_sent_once_it_is_frozen(tmp_path: Path) -> None:
    with opened(tmp_path, leads=350, purchases=1) as stage:
        file = stage.clients / f"{INSTALLER}.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("qualified: {value: 80,", "qualified: {value: learned,"), encoding="utf-8"
        )
        first = stage.run(INSTALLER)
        skipped = {lane.name: lane.skipped["value_not_learned"] for lane in first.destinations}
        assert min(skipped.values()) > 20

        shown = CliRunner().invoke(app, ["values", INSTALLER, "--freeze", "--clients", str(stage.clients)])
        assert shown.exit_code == 0, shown.output
        version = shown.stdout.rpartition("Frozen as ")[2].partition(". The next run")[0]

        second = stage.run(INSTALLER)
        sent = {lane.name: lane.accepted for lane in second.destinations}
        told = [event for event in stage.meta_events(INSTALLER) if event["event_name"] == "Qualified Lead"]
        assert sent == skipped
        assert sent["meta"] == len(told)
        ((value, recorded),) = stage.ledger_rows(
            "SELECT DISTINCT value, value_version FROM deliveries WHERE stage = 'qualified' AND state = 'accepted'"
        )
        assert recorded == version
        assert {event["value"] for event in told} == {value}
        assert f"qualified: {value:,.2f} EUR (new)" in shown.stdout
        assert [lane.sent for lane in stage.run(INSTALLER).destinations] == [0, 0]
