"""The resources that read: queries in pages, the list of objects, describe, and the org's limits.

Pages: resources_query, resources_queryall, resources_sobject_describe and resources_limits of the REST API guide.
"""

from __future__ import annotations

from typing import Any

from closedwon.sandbox.salesforce.cursors import Cursors, batch_size
from closedwon.sandbox.salesforce.describe import describe, summary
from closedwon.sandbox.salesforce.errors import RestError, not_found
from closedwon.sandbox.salesforce.gate import Call, Resource
from closedwon.sandbox.salesforce.platform import Platform
from closedwon.sandbox.soql import execute, parse

Json = dict[str, Any]

_BULK_ALLOWANCES = {
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
}
"""Of any org, whatever its edition; nothing here uses them up."""


class Reading:
    """Answers reads from the records of the calling org."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._cursors = Cursors()

    def resources(self) -> list[Resource]:
        """Every resource that only reads."""
        return [
            Resource("", {"GET": _index}),
            Resource("/limits", {"GET": self._limits}),
            Resource("/query", {"GET": self._query}),
            Resource("/queryAll", {"GET": self._query_all}),
            Resource("/query/{locator}", {"GET": self._next_page}),
            Resource("/queryAll/{locator}", {"GET": self._next_page}),
            Resource("/sobjects", {"GET": _objects}),
            Resource("/sobjects/{object}/describe", {"GET": _describe}),
        ]

    def _query(self, call: Call) -> Json:
        return self._run(call, include_deleted=False)

    def _query_all(self, call: Call) -> Json:
        return self._run(call, include_deleted=True)

    def _run(self, call: Call, *, include_deleted: bool) -> Json:
        soql = call.request.query_params.get("q")
        if soql is None:
            raise RestError(400, "MALFORMED_QUERY", "A query string has to be specified")
        now = self._platform.now()
        base = f"{call.base}/sobjects"
        result = execute(parse(soql), call.store, now=now, base=base, include_deleted=include_deleted)
        call.store.count_query()
        size = batch_size(call.request.headers.get("sforce-query-options", ""))
        self._platform.counts["queries"] += 1
        page = self._cursors.first_page(call.org, result, size, f"{call.base}/query", now)
        return self._counted(page)

    def _next_page(self, call: Call) -> Json:
        locator = call.request.path_params["locator"]
        lifetime = self._platform.settings.cursor_seconds
        now = self._platform.now()
        return self._counted(self._cursors.next_page(call.org, locator, f"{call.base}/query", now, lifetime))

    def _counted(self, page: Json) -> Json:
        self._platform.counts["records"] += len(page["records"])
        return page

    def _limits(self, call: Call) -> Json:
        allowed = self._platform.settings.daily_requests
        left = max(0, allowed - self._platform.calls_used(call.tenant))
        calls = {"DailyApiRequests": {"Max": allowed, "Remaining": left}}
        return calls | {name: {"Max": most, "Remaining": most} for name, most in _BULK_ALLOWANCES.items()}


def _index(call: Call) -> Json:
    return {name: f"{call.base}/{name}" for name in ("jobs", "sobjects", "query", "queryAll", "limits")}


def _objects(call: Call) -> Json:
    base = f"{call.base}/sobjects"
    objects = [summary(entity, base) for entity in call.store.entities()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def _describe(call: Call) -> Json:
    entity = call.store.entity(call.request.path_params["object"])
    if entity is None:
        raise not_found()
    record_types = call.store.records("RecordType").values()
    return describe(entity, f"{call.base}/sobjects", record_types)
