"""``closedwon sandbox``: the platforms' rules on a loopback port, for trying a client's file or a new connector."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markup import escape

from closedwon.cli.failures import FAILED
from closedwon.cli.output import console
from closedwon.sandbox.__main__ import Announcement, run


def run_sandbox(folder: Path, *, port: int, seed: int, leads: int, purchases: int) -> None:
    """Serve until interrupted."""
    try:
        run(
            folder,
            announce=_announce,
            seed=seed,
            leads=leads,
            purchases=purchases,
            port=port,
            google_ads=True,
        )
    except OSError as error:
        taken = f"ports {port} and {port + 1}" if port else "a free port"
        typer.echo(f"closedwon: {taken}: {error.strerror}; choose others with --port", err=True)
        raise typer.Exit(FAILED) from None


def _announce(ready: Announcement) -> None:
    screen, url = console(), ready.url
    folder = escape(str(ready.clients[0].parent)) if ready.clients else ""
    screen.print(f"The sandbox listens on [bold]{url}[/] until you press Ctrl-C.")
    screen.print(f"Its Google Ads API (via: google_ads) listens on [bold]{ready.google_ads}[/].")
    screen.print(f"Its invented clients are in {folder}; in another terminal:")
    screen.print(f"  closedwon sync --all --clients {folder}")
    screen.print(f"  curl {url}/_sandbox/report        what the platforms counted")
    screen.print("To point a client of your own at it, add to its sources and destinations:")
    screen.print(f"  endpoint: {url}")
    screen.print("with the domain, keys, dataset and account of the invented clients. To make it fail:")
    screen.print(
        f"  curl {url}/_sandbox/faults --json "
        + escape("""'{"system": "meta", "kind": "status", "status": 502, "body": "<html>"}'""")
    )
