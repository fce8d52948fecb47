"""The resources of Bulk API 2.0 queries: create, watch, download, abort, delete.

Pages: queries, query_create_job, query_get_job_results and query_get_all_jobs of the Bulk API 2.0 guide.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import count
from typing import Any

from starlette.responses import Response, StreamingResponse

from closedwon.sandbox.salesforce.bulk_csv import compressed, pieces
from closedwon.sandbox.salesforce.bulk_jobs import Job
from closedwon.sandbox.salesforce.bulk_rules import DELIMITERS, LINE_ENDINGS, check_query, job_request
from closedwon.sandbox.salesforce.errors import RestError, not_found
from closedwon.sandbox.salesforce.gate import Call, Resource
from closedwon.sandbox.salesforce.platform import Platform
from closedwon.sandbox.soql import execute, parse

_SINCE = 47
_JOBS_A_PAGE = 1_000


class Bulk:
    """The query jobs of all orgs; each is seen only by its own."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)

    def resources(self) -> list[Resource]:
        """Everything under ``/jobs/query``."""
        one = "/jobs/query/{job}"
        return [
            Resource("/jobs/query", {"GET": self._list, "POST": self._create}, _SINCE),
            Resource(one, {"GET": self._info, "PATCH": self._abort, "DELETE": self._delete}, _SINCE),
            Resource(f"{one}/results", {"GET": self._results}, _SINCE),
        ]

    def jobs_left(self) -> int:
        """How many jobs are neither deleted nor past their time."""
        self._forget_old(self._platform.now())
        return len(self._jobs)

    def _create(self, call: Call) -> Any:
        request = job_request(call.body)
        check_query(request.query)
        now, settings = self._platform.now(), self._platform.settings
        result = execute(
            parse(request.query),
            call.store,
            now=now,
            base=f"{call.base}/sobjects",
            include_deleted=request.operation == "queryAll",
        )
        call.store.count_query()
        self._platform.counts["bulk_jobs"] += 1
        job = Job(
            number=next(self._numbers),
            org=call.org,
            request=request,
            version=call.version,
            result=result,
            created=now,
            polls=settings.bulk_polls,
            error=settings.bulk_error,
        )
        self._jobs[job.id] = job
        return job.created_info()

    def _list(self, call: Call) -> Any:
        self._forget_old(self._platform.now())
        own = [job for job in self._jobs.values() if job.org is call.org]
        start = _whole_number(call, "queryLocator", 0, least=0)
        end = start + _JOBS_A_PAGE
        done = end >= len(own)
        following = None if done else f"{call.base}/jobs/query?queryLocator={end}"
        records = [job.info() for job in own[start:end]]
        return {"done": done, "records": records, "nextRecordsUrl": following}

    def _info(self, call: Call) -> Any:
        job = self._job(call)
        job.work(self._platform.now())
        return job.info()

    def _abort(self, call: Call) -> Any:
        job = self._job(call)
        try:
            wanted = json.loads(call.body)
        except ValueError:
            wanted = None
        if wanted != {"state": "Aborted"}:
            raise RestError(400, "INVALIDJOBSTATE", "A query job's state can only be changed to Aborted")
        job.abort(self._platform.now())
        return job.info()

    def _delete(self, call: Call) -> Any:
        job = self._job(call)
        job.check_deletable()
        del self._jobs[job.id]
        return Response(status_code=204)

    def _results(self, call: Call) -> Any:
        job = self._job(call)
        if job.version != call.version:
            text = f"Use API version {job.version}.0, with which the job was created, to get its results"
            raise RestError(409, "API_ERROR", text)
        if job.state != "JobComplete":
            return Response(status_code=204)
        size = _whole_number(call, "maxRecords", self._platform.settings.bulk_page, least=1)
        rows, locator = job.page(call.request.query_params.get("locator"), size)
        self._platform.counts["bulk_pages"] += 1
        self._platform.counts["bulk_records"] += len(rows)
        headers = {"Sforce-NumberOfRecords": str(len(rows)), "Sforce-Locator": locator}
        body = pieces(
            job.result.columns, rows, DELIMITERS[job.request.delimiter], LINE_ENDINGS[job.request.line_ending]
        )
        if "gzip" in call.request.headers.get("accept-encoding", ""):
            body, headers = compressed(body), {**headers, "Content-Encoding": "gzip"}
        return StreamingResponse(body, headers=headers, media_type="text/csv; charset=UTF-8")

    def _job(self, call: Call) -> Job:
        self._forget_old(self._platform.now())
        wanted = call.request.path_params["job"]
        for job in self._jobs.values():
            if job.org is call.org and wanted in {job.id, job.id[:15]}:
                return job
        raise not_found()

    def _forget_old(self, now: datetime) -> None:
        lifetime = self._platform.settings.bulk_job_seconds
        over = [job.id for job in self._jobs.values() if (now - job.created).total_seconds() >= lifetime]
        for job in over:
            del self._jobs[job]


def _whole_number(call: Call, name: str, default: int, *, least: int) -> int:
    text = call.request.query_params.get(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) < least:
        raise RestError(400, "API_ERROR", f"{name}: a whole number of at least {least} is expected")
    return int(text)
