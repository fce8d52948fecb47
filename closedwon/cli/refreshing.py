"""``closedwon status --refresh``: asks the platforms what became of requests, before it is shown how lanes stand."""

from __future__ import annotations

from functools import partial

from closedwon.ledger import Ledger, RunInProgressError
from closedwon.pipeline.audiences.hearing import hear_of_all
from closedwon.pipeline.opening import open_audience_uploader, open_uploader, utc_now
from closedwon.pipeline.outgoing.afterwards import Afterwards
from closedwon.pipeline.report import DestinationReport
from config import ClientFile


def ask_platforms(file: ClientFile, ledger: Ledger) -> list[str]:
    """Ask every platform of the client what became of its requests; returns what the user should know."""
    notes = []
    client = file.settings.client
    try:
        with ledger.lease(client):
            for name in file.settings.destinations.configured():
                report = DestinationReport(name)
                Afterwards(ledger, client, open_uploader(file.settings, name), report).ask(utc_now())
                notes += [f"{name}: {said}" for said in _heard(report)]
                audiences = partial(open_audience_uploader, file.settings, name)
                notes += hear_of_all(client, ledger, name, audiences, utc_now())
    except RunInProgressError:
        notes.append("a run is in progress, which asks the platforms itself")
    return notes


def _heard(report: DestinationReport) -> list[str]:
    """What was heard of requests that failed, then what else the user should know."""
    failed = [report.error, *report.messages.values(), *report.notes]
    return list(dict.fromkeys(said for said in failed if said))
