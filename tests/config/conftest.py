from __future__ import annotations

from pathlib import Path

import pytest

from config import ConfigurationError, Problem, load_client

ACME = """\
client: acme-solar
timezone: Europe/Paris
country: FR
currency: EUR
sources:
  crm:
    type: salesforce
    auth:
      flow: jwt
      domain: acme.my
      username: sync@acme.example
      consumer_key: ${SF_KEY}
      private_key_file: sf.pem
    fields: {gclid: GCLID__c}
    stages:
      Lead.Status: {Working: lead, Qualified: qualified}
      Opportunity.StageName: {Proposal: opportunity, "Closed Won": won}
  shops:
    type: pos_files
    path: data/*.csv
    columns: {order_id: Ticket, entered_at: Date, amount: Total, email: Email}
funnel: [lead, qualified, opportunity, won]
destinations:
  meta:
    dataset_id: "1234567890"
    access_token: ${META_TOKEN}
  google:
    customer_id: 123-456-7890
    credentials: google.json
conversions:
  qualified: {value: 80, meta: Qualified Lead, google: "111111111"}
  won: {value: amount, meta: Converted, google: "222222222"}
  purchase: {value: amount, meta: Purchase}
consent:
  default: unspecified
"""

NAMES = {"SF_KEY": "invented-consumer-key", "META_TOKEN": "invented-meta-token"}


class Folder:
    """A folder with a good client's file and all that it names, to be spoilt one edit at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.client = path / "acme.yaml"
        for name in ("sf.pem", "google.json"):
            (path / name).write_text("{}")
        (path / ".env").write_text("".join(f"{name}={value}\n" for name, value in NAMES.items()))
        self.client.write_text(ACME)

    def edit(self, *replacements: tuple[str, str]) -> Folder:
        text = self.client.read_text()
        for old, new in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.client.write_text(text)
        return self

    def line_of(self, text: str) -> int:
        lines = self.client.read_text().splitlines()
        (found,) = [n for n, line in enumerate(lines, 1) if text in line]
        return found

    def problems(self) -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as raised:
            load_client(self.client)
        assert len(str(raised.value).splitlines()) == len(raised.value.problems)
        return tuple(raised.value.problems)

    def problem(self) -> Problem:
        (only,) = self.problems()
        return only


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return Folder(tmp_path)
