"""Query jobs of the Bulk API 2.0: made, waited for, removed.

By the REST resource itself, because simple-salesforce's own Bulk client neither logs in again nor retries, and
never deletes a job.

https://developer.salesforce.com/docs/platform/api-asynch/guide/queries.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from connectors.base import SourceError
from connectors.salesforce.api.client import Client, Patience
from connectors.salesforce.api.errors import LostPlaceError, ObjectHiddenError, sentence

_log = logging.getLogger(__name__)

_RESOURCE = "jobs/query"
_GROWTH = 1.5
_FAILED = frozenset({"Failed", "Aborted"})


class JobFailedError(SourceError):
    """Salesforce gave a job up, or somebody stopped it."""


def create(client: Client, soql: str, *, include_deleted: bool) -> str:
    """Start a job for all records of ``soql``; returns its id."""
    operation = "queryAll" if include_deleted else "query"
    body = {"operation": operation, "query": soql, "contentType": "CSV", "lineEnding": "LF"}
    made = client.resource(_RESOURCE, "POST", body, holding="id")
    return str(made["id"])


def wait(client: Client, job: str) -> bool:
    """Wait until ``job`` is complete; returns whether it holds any records.

    Raises:
        LostPlaceError: there is no such job any more.
        JobFailedError: the job came to nothing.
        SourceError: it is still at work after ``job_seconds`` of the client's patience.
    """
    for pause in _pauses(client.retry):
        state = _state(client, job)
        if state["state"] == "JobComplete":
            return state.get("numberRecordsProcessed") != 0
        if state["state"] in _FAILED:
            said = sentence(state.get("errorMessage")) or "it gave no reason"
            raise JobFailedError(
                f"Salesforce ended a bulk job as {state['state']}: {said}.",
                advice="Read with bulk: never, or narrow what is read by where.",
            )
        time.sleep(pause)
    raise SourceError(
        f"A bulk job was not complete after {client.retry.job_seconds / 60:,.0f} minutes.",
        advice="Nothing is lost: the next run goes on waiting for the same job.",
    )


def delete(client: Client, job: str) -> None:
    """Remove ``job`` and its result from the org, where that can be done: Salesforce does it in a week."""
    try:
        with suppress(ObjectHiddenError):
            client.resource(f"{_RESOURCE}/{job}", "DELETE")
    except SourceError as error:
        _log.info("Salesforce: bulk job %s could not be removed: %s", job, error)


def lost() -> LostPlaceError:
    """The error for a job, or a page of its result, that Salesforce does not know."""
    return LostPlaceError(
        "A bulk job is not there any more: Salesforce removes jobs after seven days, and administrators can.",
        advice="Nothing is lost: the next run asks for its records anew.",
    )


def results_path(job: str) -> str:
    """The resource of the result of ``job``."""
    return f"{_RESOURCE}/{job}/results"


def _state(client: Client, job: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = client.resource(f"{_RESOURCE}/{job}", holding="state")
    except ObjectHiddenError:
        raise lost() from None
    return state


def _pauses(patience: Patience) -> Iterator[float]:
    """Growing pauses between two looks at a job, for as long as there is patience."""
    pause, until = patience.first_wait_seconds, time.monotonic() + patience.job_seconds
    while time.monotonic() < until:
        yield pause
        pause = min(pause * _GROWTH, patience.longest_wait_seconds)
