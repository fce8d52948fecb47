"""Commands that only read make no ledger: a mistyped address would look like a client that never ran."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from closedwon.cli.app import app
from closedwon.ledger import LedgerError
from tests.cli.test_forget import CLIENT


@pytest.mark.parametrize("command", [["status"], ["explain", "T-1"]], ids=["status", "explain"])
@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_ledger_that_is_not_there_is_named_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], elsewhere: bool
) -> None:
    (tmp_path / "lumen.yaml").write_text(CLIENT.format(name="lumen", country="FR"), encoding="utf-8")
    looked_for = tmp_path / ".closedwon" / "ledger.db"
    if elsewhere:
        looked_for = tmp_path / "mistyped" / "ledger.db"
        monkeypatch.setenv("CLOSEDWON_DATABASE_URL", f"sqlite:///{looked_for}")
    result = CliRunner().invoke(app, [*command, "--clients", str(tmp_path)])
    assert isinstance(result.exception, LedgerError)
    assert f"ledger {looked_for}: there is no such file" in str(result.exception)
    assert not looked_for.parent.exists()
