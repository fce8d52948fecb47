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
def audiences(
    clients: Names = None,
    everything: Everything = False,
    folder: ClientsFolder = _FOLDER,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show who would join and leave, and tell nobody.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="How many clients are worked on at once.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Tell platforms who joined clients' audiences and who left, as the sources were last read."""
    from closedwon.cli.audiences import run_audiences

    run_audiences(clients or [], everything, folder, dry_run=dry_run, jobs=jobs, as_json=as_json)


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
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, though several people are concerned.")
    ] = False,
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
        yes=yes,
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
        bool, typer.Option("--offline", help="Log in nowhere: only the file, and for --readiness the ledger.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="Also what was found in each source, masked.")
    ] = False,
    readiness: Annotated[
        bool, typer.Option("--readiness", help="Instead, what the platforms require, measured.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check clients' files, and that their credentials work, without sending anything."""
    if readiness:
        from closedwon.cli.readiness import run_readiness

        run_readiness(clients or [], everything, folder, offline=offline, as_json=as_json)
        return
    from closedwon.cli.check import run_check

    run_check(clients or [], everything, folder, offline=offline, details=details, as_json=as_json)


setup = typer.Typer(help="Create at a platform what a client's file needs there.", no_args_is_help=True)
app.add_typer(setup, name="setup")


@setup.callback()
def _setup() -> None:
    """Keep ``google`` a command of its own while it is the only one."""


@setup.command(name="google")
def setup_google(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's name, or its file's path.")],
    folder: ClientsFolder = _FOLDER,
    stages: Annotated[
        list[str] | None,
        typer.Option("--stage", metavar="STAGE", help="Only for this stage (repeatable)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Create without asking.")] = False,
) -> None:
    """Show the conversion actions that a client's account lacks, and create them."""
    from closedwon.cli.setup import run_setup_google

    run_setup_google(client, folder, stages=stages or [], yes=yes)


@app.command()
def values(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="A client's name, or the path of its file.")
    ],
    folder: ClientsFolder = _FOLDER,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="Save them as the version that value: learned sends from now on.")
    ] = False,
    segments: Annotated[
        bool, typer.Option("--segments", help="Also by form, campaign or source, as quality.segments says.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw the curves into this file.", metavar="FILE.svg")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what leads are worth by what became of earlier ones, and which stage to optimise for."""
    from closedwon.cli.values import run_values

    run_values(client, folder, freezes=freeze, segments=segments, as_json=as_json, plot=plot)


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
