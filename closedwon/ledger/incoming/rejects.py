"""Rows that could not be read: kept in the ledger, shown in a CSV file beside it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, func, select

from closedwon.ledger.bulk import insert_rows, upsert
from closedwon.ledger.errors import LedgerError
from closedwon.ledger.ledger import Ledger, moment
from closedwon.ledger.schema import rejects, runs

_ROWS = {"file": pl.String, "line": pl.Int64, "reason": pl.String, "masked": pl.String}


def set_aside(
    connection: Connection,
    client: str,
    source: str,
    *,
    rows: Iterable[Mapping[str, Any]],
    restarted: Iterable[str],
    stamp: int,
) -> None:
    """Keep ``rows`` (file, line, reason, masked); files that are read anew lose their earlier ones first."""
    for file in restarted:
        connection.execute(
            delete(rejects).where(
                rejects.c.client == client, rejects.c.source == source, rejects.c.file == file
            )
        )
    statement = upsert(connection, rejects)
    replaced = statement.on_conflict_do_update(
        index_elements=["client", "source", "file", "line"],
        set_={name: statement.excluded[name] for name in ("reason", "masked", "seen_at")},
    )
    set_aside_now = pl.DataFrame(list(rows), schema=_ROWS)
    insert_rows(connection, replaced, set_aside_now, client=client, source=source, seen_at=stamp)


def unreported(ledger: Ledger, client: str, source: str) -> int:
    """How many rows were set aside by runs that ended before they could report them."""
    of_client = runs.c.client == client
    last_report = select(func.coalesce(func.max(runs.c.finished_at), 0)).where(of_client).scalar_subquery()
    with ledger.reading() as connection:
        return int(
            connection.execute(
                select(func.count())
                .select_from(rejects)
                .where(
                    rejects.c.client == client, rejects.c.source == source, rejects.c.seen_at > last_report
                )
            ).scalar_one()
        )


def rejects_path(ledger: Ledger, client: str, source: str) -> Path:
    """Where the CSV file of the source's rejects is, once there are any."""
    return ledger.folder / "rejects" / f"{client}.{source}.csv"


def write_rejects_file(ledger: Ledger, client: str, source: str) -> Path:
    """Write the source's rejects into a CSV file for this user alone, and return its path.

    Raises:
        LedgerError: the file cannot be written; the rejects themselves are in the ledger.
    """
    path = rejects_path(ledger, client, source)
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file, ledger.reading() as connection:
            writer = csv.writer(file)
            writer.writerow(["file", "line", "reason", "cells (masked)", "seen"])
            rows = connection.execution_options(yield_per=1_000).execute(
                select(rejects.c.file, rejects.c.line, rejects.c.reason, rejects.c.masked, rejects.c.seen_at)
                .where(rejects.c.client == client, rejects.c.source == source)
                .order_by(rejects.c.file, rejects.c.line)
            )
            writer.writerows(
                (r.file, r.line, r.reason, r.masked, moment(r.seen_at).isoformat()) for r in rows
            )
        partial.replace(path)
    except OSError as error:
        raise LedgerError(f"{path}: the rejects file cannot be written: {error.strerror}") from None
    return path
