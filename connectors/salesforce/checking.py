"""What ``closedwon check`` asks an org: is everything there that the client's file names?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import Check, SourceError
from connectors.salesforce.client import Client
from connectors.salesforce.errors import ObjectHiddenError, QueryTooSlowError
from connectors.salesforce.objects import ObjectModel
from connectors.salesforce.plan import ReadPlan
from connectors.salesforce.queries import RecordQuery, Window, probe_query


def object_checks(
    client: Client, plan: ReadPlan, mistakes: Sequence[str], stages: Mapping[str, str]
) -> list[Check]:
    """Fields, filter, picklist values and history of one object; no person's data is read."""
    model = plan.model
    wrong = "; ".join((*mistakes, *plan.notes))
    fields = f"{len(plan.select)} fields can be read"
    filters = [_filter(client, plan)] if plan.condition and not mistakes else []
    return [
        Check(f"{model.name} fields", ok=not mistakes, message=wrong or fields),
        *filters,
        _picklist(model, client.describe(model.name), stages),
        _history(client, model),
    ]


def _picklist(model: ObjectModel, described: Mapping[str, Any], stages: Mapping[str, str]) -> Check:
    """Values that the org does not offer are no failure: history may hold values that were retired since."""
    offered = [
        str(value["value"])
        for field in described["fields"]
        if field["name"] == model.stage_field
        for value in field.get("picklistValues") or ()
    ]
    strange = [raw + _closest(raw, offered) for raw in stages if raw not in offered]
    if not strange:
        return Check(model.stage_key, ok=True, message=f"all {len(stages)} mapped values are in the picklist")
    return Check(
        model.stage_key,
        ok=True,
        message=f"warning: not in the picklist, so no record has these values now: {'; '.join(strange)}",
    )


def _closest(raw: str, offered: list[str]) -> str:
    spelled = {value.lower(): value for value in offered}
    close = difflib.get_close_matches(raw.lower(), spelled, n=1)
    return f" (did you mean {spelled[close[0]]}?)" if close else ""


def _filter(client: Client, plan: ReadPlan) -> Check:
    """How much is left: a condition that leaves nothing is most often a mistake in it."""
    name = f"{plan.model.name} filter"
    try:
        left = client.count(RecordQuery(plan.model.name, (), plan.condition).count(Window()))
        every = client.count(RecordQuery(plan.model.name, ()).count(Window()))
    except QueryTooSlowError:
        return Check(name, ok=True, message="Salesforce did not count in time how many records it leaves")
    except SourceError as error:
        return Check(name, ok=False, message=f"{error} {error.advice}".strip())
    doubt = "" if left or not every else "warning: "
    return Check(name, ok=True, message=f"{doubt}leaves {left:,} of {every:,} records")


def _history(client: Client, model: ObjectModel) -> Check:
    first, *others = (history.object_name for history in model.histories)
    readable = next((name for name in (first, *others) if _can_be_read(client, name)), None)
    if readable is None:
        return Check(
            first,
            ok=True,
            message="warning: cannot be read, so only present stages are known, and their times may be "
            f"approximate; turn on field history tracking for {model.stage_key}",
        )
    if readable != first:
        return Check(
            first,
            ok=True,
            message=f"warning: cannot be read; past stages come from {readable}, where tracked",
        )
    return Check(first, ok=True, message="the times of past stages can be read")


def _can_be_read(client: Client, object_name: str) -> bool:
    try:
        client.rows(probe_query(object_name))
    except ObjectHiddenError:
        return False
    return True
