"""The sandbox as a process: generated clients in a folder, and their platforms on a loopback port."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from closedwon.sandbox.scenario import generate
from closedwon.sandbox.server import serve_in_thread


@dataclass(frozen=True)
class Announcement:
    """What a user of the sandbox needs to know.

    Attributes:
        url: its address.
        clients: the files of the clients that it wrote.
        google_ads: the address of the Google Ads API, where it is served.
    """

    url: str
    clients: list[Path]
    google_ads: str | None = None


def run(
    folder: Path,
    *,
    announce: Callable[[Announcement], None],
    seed: int = 7,
    leads: int = 5_000,
    purchases: int = 50_000,
    now: datetime | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    google_ads: bool = False,
    legacy_client: bool = True,
    until_stdin_closes: bool = False,
) -> None:
    """Generate a scenario, serve it, write its clients' files into ``folder``, and serve until told to stop.

    ``announce`` is called once everything is ready. With ``google_ads`` the Google Ads API is served too, on the port
    that follows, and with ``legacy_client`` one more client sends its conversions there. Stops at SIGTERM or
    SIGINT, and with ``until_stdin_closes`` also when standard input ends, so that a killed parent leaves no orphan.
    Call it from the main thread.
    """
    scenario = generate(seed, leads=leads, purchases=purchases, now=now or datetime.now(UTC))
    stopping = threading.Event()
    with serve_in_thread(scenario.world, host=host, port=port, google_ads=google_ads) as sandbox:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        if until_stdin_closes:
            threading.Thread(target=_watch_stdin, args=(stopping,), daemon=True).start()
        address = sandbox.addresses.get("google_ads")
        clients = scenario.write(folder, sandbox.url, google_ads=address, legacy_client=legacy_client)
        announce(Announcement(sandbox.url, clients, address))
        stopping.wait()


def _watch_stdin(stopping: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    stopping.set()


def _announce(ready: Announcement) -> None:
    said = {
        "url": ready.url,
        "clients": [str(path) for path in ready.clients],
        "google_ads": ready.google_ads,
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("needs a zone, such as 2026-11-20T12:00:00+00:00")
    return moment


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run; one JSON line on standard output says where the sandbox is."""
    parser = argparse.ArgumentParser(prog="python -m closedwon.sandbox", description=__doc__)
    parser.add_argument(
        "--write", type=Path, required=True, metavar="DIR", help="folder for the clients' files"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--purchases", type=int, default=50_000)
    parser.add_argument(
        "--now", type=_moment, metavar="ISO", help="the moment to generate for (default: now)"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--google-ads", action="store_true", help="serve the Google Ads API on the next port")
    parser.add_argument(
        "--no-legacy-client", action="store_true", help="write no client that sends its conversions to it"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    given = parser.parse_args(arguments)
    run(
        given.write,
        announce=_announce,
        seed=given.seed,
        leads=given.leads,
        purchases=given.purchases,
        now=given.now,
        port=given.port,
        google_ads=given.google_ads,
        legacy_client=not given.no_legacy_client,
        until_stdin_closes=given.until_stdin_closes,
    )


if __name__ == "__main__":
    main()
