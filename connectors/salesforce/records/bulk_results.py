"""Pages of a Bulk API job's result: downloaded to disk, whole or not at all, and read as a frame of texts.

https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-job-results.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import polars as pl
import requests

from connectors.base import SourceError
from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import Action, ObjectHiddenError, RequestFailure
from connectors.salesforce.records.bulk_jobs import lost, results_path
from connectors.salesforce.records.frames import empty_frame

_CHUNK_BYTES = 1 << 18
_END = "null"


@dataclass(frozen=True)
class ResultPage:
    """Rows of a result, in no order; ``locator`` of the page behind them is empty when there is none."""

    records: pl.DataFrame
    locator: str


def result_page(client: Client, job: str, locator: str, fields: Sequence[str], size: int) -> ResultPage:
    """The page of ``job``'s result at ``locator`` (empty for the first), of about ``size`` records.

    A download that breaks off, or holds fewer records than were promised, is made again from the page's start.

    Raises:
        LostPlaceError: there is no such job, or no such page, any more.
    """
    params = {"maxRecords": str(size), **({"locator": locator} if locator else {})}
    try:
        return client.stream(results_path(job), params, lambda response: _read(response, fields))
    except ObjectHiddenError:
        raise lost() from None


def _read(response: requests.Response, fields: Sequence[str]) -> ResultPage:
    promised = response.headers.get("Sforce-NumberOfRecords", "")
    if not promised.isdigit():
        raise RequestFailure(Action.RETRY, "an answer that is no page of a bulk job's result")
    # Without a name in any folder, so that nothing of it stays behind, however this process ends.
    with tempfile.TemporaryFile() as file:
        for chunk in response.iter_content(_CHUNK_BYTES):
            file.write(chunk)
        records = _frame(file, fields) if file.tell() else empty_frame(fields)
    if records.height != int(promised):
        raise RequestFailure(Action.RETRY, f"{records.height:,} of {promised} records of a bulk job's page")
    locator = response.headers.get("Sforce-Locator", _END)
    return ResultPage(records, "" if locator == _END else locator)


def _frame(file: IO[bytes], fields: Sequence[str]) -> pl.DataFrame:
    file.seek(0)
    try:
        frame = pl.read_csv(file, infer_schema=False, null_values="")
    except pl.exceptions.PolarsError:
        # The parser's own message quotes the row.
        raise RequestFailure(Action.RETRY, "a page of a bulk job's result that is not CSV") from None
    columns = {name.lower(): name for name in frame.columns}
    missing = [name for name in fields if name.lower() not in columns]
    if missing:
        raise SourceError(
            f"A bulk job's result lacks columns that were asked for: {', '.join(missing)}.",
            advice="Read with bulk: never, and report the columns to the project.",
        )
    return frame.select(pl.col(columns[name.lower()]).alias(name) for name in fields)
