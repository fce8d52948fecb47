"""``closedwon sandbox``: the platforms' rules on a loopback port, for trying a client's file or a new connector."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markup import escape

from closedwon.cli.failures import FAILED
from closedwon.cli.output import console
from closedwon.sandbox.__main__ import run


def run_sandbox(folder: Path, *, port: int, seed: int, leads: int, purchases: int) -> None:
    """Serve until interrupted."""
    try:
        run(folder, announce=_announce, seed=seed, leads=leads, purchases=purchases, port=port)
    except OSError as error:
        typer.echo(f"closedwon: port {port}: {error.strerror}; choose another with --port", err=True)
        raise typer.Exit(FAILED) from None


def _announce(url: str, clients: list[Path]) -> None:
    screen = console()
    folder = escape(str(clients[0].parent)) if clients else ""
    screen.print(f"The sandbox listens on [bold]{url}[/] until you press Ctrl-C.")
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
