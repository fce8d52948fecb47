"""The sandbox as a process, its clients' files, and what its platforms counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from config import load_client

_PAGE = 50_000
_PURCHASES_PER_CONVERSION = 0.75
_LEADS_PER_CONVERSION = 0.02


@dataclass(frozen=True)
class Lane:
    """One client's conversions to one platform."""

    client: str
    destination: str


@dataclass(frozen=True)
class Counted:
    """A conversion as a platform counted it: by which name, at which value."""

    event_id: str
    name: str
    value: float | None
    currency: str | None


@dataclass(frozen=True)
class World:
    """A sandbox that runs, at ``url``, and the folder of its ``clients``."""

    url: str
    clients: Path

    def arm(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Let the sandbox fail at ``faults`` from now on, and at nothing else."""
        self._send("DELETE", "/_sandbox/faults")
        if faults:
            self._send("POST", "/_sandbox/faults", faults)

    def report(self) -> dict[str, Any]:
        """What every system counted, and the faults that fired."""
        report: dict[str, Any] = self._get("/_sandbox/report")
        return report

    def counted(self) -> dict[Lane, list[Counted]]:
        """Every conversion that any platform counted."""
        found = {}
        for path in sorted(self.clients.glob("*.yaml")):
            settings = load_client(path).settings
            if meta := settings.destinations.meta:
                events = self._pages("/_sandbox/meta/events", dataset=meta.dataset_id)
                found[Lane(settings.client, "meta")] = [_event(one) for one in events]
            if google := settings.destinations.google:
                events = self._pages("/_sandbox/google/events", account=google.customer_id)
                found[Lane(settings.client, "google")] = [_conversion(one) for one in events]
        return found

    def _pages(self, path: str, **asked: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while page := self._get(f"{path}?{urlencode({**asked, 'offset': offset, 'limit': _PAGE})}"):
            yield from page
            offset += len(page)

    def _get(self, path: str) -> Any:
        with urlopen(f"{self.url}{path}") as answer:
            return json.load(answer)

    def _send(self, method: str, path: str, body: object = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}{path}", data, method=method)) as answer:
            answer.read()


def _event(one: Mapping[str, Any]) -> Counted:
    return Counted(one["event_id"], one["event_name"], one["value"], one["currency"])


def _conversion(one: Mapping[str, Any]) -> Counted:
    return Counted(one["transaction_id"], one["action"], one["value"], one["currency"])


@contextmanager
def served(folder: Path, *, seed: int, conversions: int, now: datetime) -> Iterator[World]:
    """A sandbox of three clients with about so many conversions to both platforms, as they stand at ``now``."""
    command = [
        sys.executable, "-m", "closedwon.sandbox", "--write", str(folder), "--seed", str(seed),
        "--now", now.isoformat(), "--until-stdin-closes",
        "--leads", str(max(50, round(conversions * _LEADS_PER_CONVERSION))),
        "--purchases", str(max(100, round(conversions * _PURCHASES_PER_CONVERSION))),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            yield World(json.loads(process.stdout.readline())["url"], folder / "clients")
        finally:
            process.stdin.close()
            process.wait(timeout=60)
