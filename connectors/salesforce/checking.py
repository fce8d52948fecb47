"""What ``closedwon check`` asks an org: is everything there that the client's file names?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from connectors.base import Check, SourceError
from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import ObjectHiddenError, QueryTooSlowError
from connectors.salesforce.records.queries import RecordQuery, Window, probe_query, text
from connectors.salesforce.schema.objects import History, ObjectModel
from connectors.salesforce.schema.plan import ReadPlan


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
        _picklist(client, model, stages),
        _history(client, model),
    ]


def _picklist(client: Client, model: ObjectModel, stages: Mapping[str, str]) -> Check:
    """A value that is not offered may be an old one, which history still holds; one like another is a slip."""
    offered = [
        str(value["value"])
        for field in client.describe(model.name)["fields"]
        if field["name"] == model.stage_field
        for value in field.get("picklistValues") or ()
    ]
    strange = [raw for raw in stages if raw not in offered]
    if not strange:
        return Check(model.stage_key, ok=True, message=f"all {len(stages)} mapped values are in the picklist")
    slips = [raw for raw in strange if _closest(raw, offered) and not _is_in_use(client, model, raw)]
    listed = "; ".join(raw + _closest(raw, offered) for raw in slips or strange)
    said = "no record has" if slips else "warning: at most older records have"
    return Check(model.stage_key, ok=not slips, message=f"not in the picklist, and {said}: {listed}")


def _is_in_use(client: Client, model: ObjectModel, raw: str) -> bool:
    of_stage = RecordQuery(model.name, (), f"{model.stage_field} = {text(raw)}")
    try:
        return client.count(of_stage.count(Window())) > 0
    except QueryTooSlowError:
        return True


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
    first = model.histories[0].object_name
    readable = next((history for history in model.histories if _holds(client, history) is not None), None)
    if readable is None:
        return Check(
            first,
            ok=True,
            message="warning: cannot be read, so only present stages are known, and their times may be "
            f"approximate; turn on field history tracking for {model.stage_key}",
        )
    name, message = readable.object_name, "the times of past stages can be read"
    if name != first:
        message = f"warning: cannot be read; past stages come from {name}, where tracked"
    elif readable.what and not _holds(client, readable, f"{readable.what} = {text(model.stage_field)}"):
        message = (
            f"warning: can be read, but holds no change of {model.stage_key} yet; "
            "make sure that field history tracking is on for it"
        )
    return Check(first, ok=True, message=message)


def _holds(client: Client, history: History, condition: str = "") -> bool | None:
    """Whether ``history`` holds rows that meet ``condition``; ``None`` where it cannot be read."""
    try:
        return bool(client.rows(probe_query(history.object_name, condition)))
    except ObjectHiddenError:
        return None
