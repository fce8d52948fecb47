"""The commands and their options; what they do stands in the module that each is named after."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="closedwon",
    help="Close the loop between the sale and the ad: CRM stages and till purchases to Meta and Google, once each.",
    no_args_is_help=True,
    # Its tracebacks show local variables, and those hold people's data.
    pretty_exceptions_enable=False,
    add_completion=False,
)


class Platform(StrEnum):
    """The platforms that ``hash`` knows."""

    META = "meta"
    GOOGLE = "google"


class BirthDates(StrEnum):
    """The orders of day, month and year that ``hash`` knows."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    YEAR_FIRST = "year_first"


Names = Annotated[
    list[str] | None, typer.Argument(metavar="CLIENT…", help="Names of clients, or paths of their files.")
]
ClientsFolder = Annotated[
    Path, typer.Option("--clients", envvar="CLOSEDWON_CLIENTS", help="Folder of the clients' files.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every client in the folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_FOLDER = Path("clients")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"closedwon {version('closedwon')}")
        raise typer.Exit


@app.callback()
def _main(
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for everything.")
    ] = 0,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,  # noqa: ARG001
) -> None:
    from closedwon.cli.logs import start_logging

    start_logging(verbose)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo's files and ledger go.")] = Path(
        "demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed, other people.")] = 7,
    leads: Annotated[int, typer.Option(min=50, help="Leads of the solar installer.")] = 5_000,
    purchases: Annotated[int, typer.Option(min=100, help="Purchases of the shop chain.")] = 50_000,
    as_json: AsJson = False,
) -> None:
    """Sync three invented clients to a sandbox on this machine, twice, and show what happened."""
    from closedwon.cli.demo import run_demo

    run_demo(folder, seed=seed, leads=leads, purchases=purchases, as_json=as_json)


@app.command()
def sync(
    clients: Names = None,
    everything: Everything = False,
    folder: ClientsFolder = _FOLDER,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this source or destination (repeatable).", metavar="NAME")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and judge, but store and send nothing.")
    ] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read from the beginning; what is known is not sent again.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="How many clients run at once.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Read the sources of clients and send their conversions."""
    from closedwon.cli.sync import run_sync

    run_sync(
        clients or [],
        everything,
        folder,
        only=only or [],
        dry_run=dry_run,
        reread=reread,
        jobs=jobs,
        as_json=as_json,
    )


@app.command()
def status(
    clients: Names = None,
    folder: ClientsFolder = _FOLDER,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="First ask the platforms what they counted of it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how clients' deliveries stand: sent, waiting, held, skipped and why."""
    from closedwon.cli.status import run_status

    run_status(clients or [], folder, refresh=refresh, as_json=as_json)


@app.command()
def explain(
    record: Annotated[str, typer.Argument(help="A lead, opportunity or order id, as the source knows it.")],
    folder: ClientsFolder = _FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show for one record its stages, what was sent, what was not, and why."""
    from closedwon.cli.explain import run_explain

    run_explain(record, folder, as_json=as_json)


@app.command()
def forget(
    clients: Names = None,
    everything: Everything = False,
    folder: ClientsFolder = _FOLDER,
    email: Annotated[
        str | None, typer.Option(help="The person's e-mail address; - reads it from standard input.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option(help="The person's phone number; - reads it from standard input.")
    ] = None,
    record: Annotated[
        str | None, typer.Option(help="The id of a lead, a contact, a deal or an order; - reads it likewise.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Where --record is of, if several sources have that id.", metavar="NAME"),
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Country of a number that names none, such as FR; else the client's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person from clients' ledgers, and leave them out of all later runs."""
    from closedwon.cli.forget import run_forget

    run_forget(
        clients or [],
        everything,
        folder,
        email=email,
        phone=phone,
        record=record,
        source=source,
        country=country,
        as_json=as_json,
    )


@app.command(name="hash")
def hash_(
    platform: Annotated[Platform, typer.Option(help="Whose rules to apply.")],
    country: Annotated[str | None, typer.Option(help="Country of rows that name none, such as FR.")] = None,
    birth_dates: Annotated[
        BirthDates | None, typer.Option(help="How birth dates are written, as the source's birth_dates says.")
    ] = None,
) -> None:
    """Show how values are normalised and hashed: JSON Lines in, JSON Lines out."""
    from closedwon.cli.hash import run_hash

    run_hash(platform.value, country, birth_dates)


@app.command()
def check(
    clients: Names = None,
    everything: Everything = False,
    folder: ClientsFolder = _FOLDER,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only the files, without logging in anywhere.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="Also what was found in each source, masked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check clients' files, and that their credentials work, without sending anything."""
    from closedwon.cli.check import run_check

    run_check(clients or [], everything, folder, offline=offline, details=details, as_json=as_json)


@app.command()
def sandbox(
    folder: Annotated[Path, typer.Option("--dir", help="Where to write the sandbox's client files.")] = Path(
        "sandbox"
    ),
    port: Annotated[
        int, typer.Option(min=0, max=65534, help="Takes the next one too; 0 takes two free ones.")
    ] = 8321,
    seed: Annotated[int, typer.Option(help="Another seed, other people.")] = 7,
    leads: Annotated[int, typer.Option(min=1)] = 500,
    purchases: Annotated[int, typer.Option(min=1)] = 2_000,
) -> None:
    """Run the platforms' rules as servers on this machine, and print how to point a client at them."""
    from closedwon.cli.sandbox import run_sandbox

    run_sandbox(folder, port=port, seed=seed, leads=leads, purchases=purchases)


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here instead of to the terminal.")
    ] = None,
) -> None:
    """Write the JSON Schema of a client's file, for editors."""
    from closedwon.cli.schema import run_schema

    run_schema(output)
