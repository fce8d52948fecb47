"""Which clients a command is about, and where their ledger lies."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import typer
from sqlalchemy.engine import URL

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.database.engine import address
from config import ClientFile, ConfigurationError, Problem, find_clients, load_client


def chosen(names: Sequence[str], everything: bool, folder: Path) -> list[ClientFile]:
    """The clients that the user named, or every one in ``folder``.

    Raises:
        ConfigurationError: with the mistakes of all their files at once.
        typer.BadParameter: no such client, or none named.
    """
    if everything:
        paths = _all_paths(folder)
    elif names:
        paths = [_path(name, folder) for name in names]
    else:
        raise typer.BadParameter("name a client, or use --all")
    return _loaded(paths)


@contextmanager
def usable(
    names: Sequence[str],
    everything: bool,
    folder: Path,
    mistakes: Callable[[ClientFile], list[Problem]] = lambda _: [],
) -> Iterator[list[ClientFile]]:
    """As :func:`chosen`, but of every client those whose files are in order, and have no further ``mistakes``.

    One client's typo must not keep the others from running, nor end green: the mistakes are raised once the block is
    done, or before it where no client is left.
    """
    files, problems = _read(_all_paths(folder)) if everything else (chosen(names, everything, folder), [])
    found = {file.path: mistakes(file) for file in files}
    problems += [problem for theirs in found.values() for problem in theirs]
    in_order = [file for file in files if not found[file.path]]
    if problems and not (everything and in_order):
        raise ConfigurationError(problems)
    try:
        yield _distinct(in_order)
    except typer.Exit:
        if not problems:
            raise
    if problems:
        raise ConfigurationError(problems)


def ledger_of(file: ClientFile) -> URL:
    """Where the client's ledger lies: ``CLOSEDWON_DATABASE_URL``, or ``.closedwon/ledger.db`` beside its file.

    It is bound to the file and not to the working directory: a job started elsewhere must find the same ledger, or it
    would send everything again.

    Raises:
        LedgerError: ``CLOSEDWON_DATABASE_URL`` cannot be read.
    """
    elsewhere = os.environ.get("CLOSEDWON_DATABASE_URL")
    if elsewhere:
        return address(elsewhere)
    return URL.create("sqlite", database=str(_files_of(file) / "ledger.db"))


def open_ledger(file: ClientFile) -> closing[Ledger]:
    """The client's ledger, to be used in a ``with`` block."""
    return closing(Ledger(ledger_of(file), folder=_files_of(file)))


def open_existing(file: ClientFile) -> closing[Ledger]:
    """The client's ledger for a command that only reads.

    Raises:
        LedgerError: there is none yet: reading must not make one, least of all where an address is mistyped.
    """
    url = ledger_of(file)
    require_existing(url)
    return closing(Ledger(url, folder=_files_of(file)))


def require_existing(url: URL) -> None:
    """Make sure that the ledger at ``url`` is there, as far as a file tells.

    Raises:
        LedgerError: with the file that was looked for.
    """
    path = Path(url.database or "")
    if url.get_backend_name() == "sqlite" and not str(path).startswith("file:") and not path.is_file():
        raise LedgerError(
            f"ledger {path.absolute()}: there is no such file; closedwon sync makes it at the first run. Where"
            " CLOSEDWON_DATABASE_URL names it, check the path"
        )


def _files_of(file: ClientFile) -> Path:
    return file.path.resolve().parent / ".closedwon"


def _all_paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise typer.BadParameter(f"no folder {folder}; name another with --clients or CLOSEDWON_CLIENTS")
    paths = find_clients(folder)
    if not paths:
        raise typer.BadParameter(f"no client's file (*.yaml) in {folder}")
    return paths


def _path(name: str, folder: Path) -> Path:
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise typer.BadParameter(f"no file {name}")
        return Path(name)
    for suffix in (".yaml", ".yml"):
        if (folder / f"{name}{suffix}").is_file():
            return folder / f"{name}{suffix}"
    known = [path.stem for path in find_clients(folder)] if folder.is_dir() else []
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"clients there: {', '.join(known) or 'none'}"
    raise typer.BadParameter(f"no client {name} in {folder}; {hint}")


def _loaded(paths: Sequence[Path]) -> list[ClientFile]:
    files, problems = _read(paths)
    if problems:
        raise ConfigurationError(problems)
    return _distinct(files)


def _read(paths: Sequence[Path]) -> tuple[list[ClientFile], list[Problem]]:
    """The files that are in order, and the mistakes of the others."""
    files: list[ClientFile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files.append(load_client(path))
        except ConfigurationError as error:
            problems += error.problems
    return files, problems


def _distinct(files: list[ClientFile]) -> list[ClientFile]:
    by_name: dict[str, Path] = {}
    for file in files:
        first = by_name.setdefault(file.settings.client, file.path)
        if first is not file.path:
            raise typer.BadParameter(
                f"{file.path} and {first} are both client {file.settings.client}: rename one"
            )
    return files
