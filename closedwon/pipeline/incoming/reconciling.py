"""Asks a source whether the records still exist whose people Closedwon keeps something of.

A person who is erased from a CRM vanishes without a trace in what changed since, so that only asking for the record
itself tells. What waits to be sent is asked for in every run, what is merely kept once a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.gone import mark_reconciled, records_in_doubt
from closedwon.ledger.incoming.intake import Intake
from closedwon.ledger.incoming.positions import Position
from closedwon.pipeline.incoming.gone import Disappearance
from closedwon.pipeline.people.takebacks import without_records
from closedwon.pipeline.report import SourceReport
from config.settings import ClientSettings
from connectors.base import Gone, Reconciling, SourceError
from uploads.base import Uploader

EVERY = timedelta(days=1)
_AT_ONCE = 10_000
_MANY = 100


def reconcile(
    connector: Reconciling,
    settings: ClientSettings,
    ledger: Ledger,
    report: SourceReport,
    *,
    before: Position | None,
    now: datetime,
    uploaders: Mapping[str, Uploader],
) -> None:
    """Withdraw what is kept of records that the source of ``report`` does not have any more.

    Raises:
        connectors.base.SourceError: the source could not be asked, or so much is missing that it looks hidden.
    """
    client, source = settings.client, report.name
    last = before.reconciled_at if before else None
    due = last is None or now - last >= EVERY
    intake, stages = Intake(ledger, client), settings.sources[source].stage_names()
    nobody = pl.Series(dtype=pl.String)
    for gone in _missing(connector, records_in_doubt(ledger, client, source, read_before=now, kept=due)):
        found = Disappearance.of(gone, client=client, source=source, stages=stages, destinations=uploaders)
        report.gone += len(gone)
        effects = found.effects(nobody, intake, erased=True)
        lighter = without_records(effects.forgotten, intake, uploaders)
        report.withdrawn += intake.withdraw(source, replace(effects, lightened=lighter), now)
    if due:
        mark_reconciled(ledger, client, source, now)


def _missing(connector: Reconciling, records: Iterator[tuple[str, str]]) -> Iterator[list[Gone]]:
    for object_name, group in groupby(records, key=lambda record: record[0]):
        while ids := [record_id for _, record_id in islice(group, _AT_ONCE)]:
            gone = list(connector.missing(object_name, ids))
            missing = sum(one.merged_into is None for one in gone)
            _refuse_mass_erasure(object_name, missing=missing, asked=len(ids))
            if gone:
                yield gone


def _refuse_mass_erasure(object_name: str, *, missing: int, asked: int) -> None:
    """Raise where a lost permission is likelier than so many erased people: what is hidden looks like what is gone."""
    if missing >= _MANY and missing * 2 > asked:
        raise SourceError(
            f"{missing:,} of {asked:,} {object_name} records that were read before cannot be found; none was withdrawn",
            advice="Let the integration user see them again. If they were erased, what is kept of them expires.",
        )
