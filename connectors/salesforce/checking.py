"""What ``closedwon check`` asks an org: is everything there that the client's file names?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.base import Check
from connectors.salesforce.client import Client
from connectors.salesforce.errors import ObjectHiddenError
from connectors.salesforce.objects import ObjectModel
from connectors.salesforce.plan import ReadPlan
from connectors.salesforce.queries import probe_query


def object_checks(
    client: Client, plan: ReadPlan, mistakes: Iterable[str], stages: Mapping[str, str]
) -> list[Check]:
    """Fields, picklist values and history of one object; no person's data is read."""
    model = plan.model
    wrong = "; ".join((*mistakes, *plan.notes))
    fields = f"{len(plan.select)} fields can be read"
    return [
        Check(f"{model.name} fields", ok=not list(mistakes), message=wrong or fields),
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


def _history(client: Client, model: ObjectModel) -> Check:
    name = model.history.object_name
    try:
        client.rows(probe_query(name))
    except ObjectHiddenError:
        return Check(
            name,
            ok=True,
            message="warning: cannot be read, so only present stages are known, and their times may be "
            f"approximate; turn on field history tracking for {model.stage_key}",
        )
    return Check(name, ok=True, message="the times of past stages can be read")
