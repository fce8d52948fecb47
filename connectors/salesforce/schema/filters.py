"""Which records are read at all: the client's ``where`` and ``record_types``, held against what the org has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.soql import parse_condition
from config.sources import SalesforceSettings
from connectors.base import SourceContext
from connectors.salesforce.records.queries import text
from connectors.salesforce.schema.objects import ObjectModel
from connectors.salesforce.schema.visible import Visible, hint


def record_filter(
    model: ObjectModel,
    settings: SalesforceSettings,
    context: SourceContext,
    visible: Visible,
    described: Mapping[str, Any],
) -> tuple[str, list[str]]:
    """What the records of ``model`` must meet, in SOQL and empty where that is nothing, and every mistake in it."""
    conditions: list[str] = []
    mistakes: list[str] = []
    if model.name in settings.where:
        condition = parse_condition(settings.where[model.name])
        conditions.append(f"({condition.text})")
        key = f"sources.{context.name}.where.{model.name}"
        mistakes += [f"{key}: {wrong}" for wrong in _wrong_fields(condition.fields, visible)]
    if model.name in settings.record_types:
        ids, wrong = _record_type_ids(settings.record_types[model.name], described)
        conditions.append(f"RecordTypeId IN ({', '.join(map(text, ids))})")
        key = f"sources.{context.name}.record_types.{model.name}"
        mistakes += [f"{key}: {one}" for one in wrong]
    return " AND ".join(conditions), mistakes


def _wrong_fields(paths: Sequence[str], visible: Visible) -> Iterator[str]:
    for path in paths:
        found = visible.find(path)
        if found is None:
            yield f"no field {path} on {visible.object_name}{visible.hint(path)}"
        elif not found.filterable:
            yield f"Salesforce cannot filter by {found.path}"


def _record_type_ids(names: Sequence[str], described: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Ids from describe stand in the query: no text of the client's file does."""
    known = {
        str(info["developerName"]).lower(): info
        for info in described.get("recordTypeInfos") or ()
        if not info.get("master")
    }
    spelled = {lower: str(info["developerName"]) for lower, info in known.items()}
    if not known:
        return [], [f"{described['name']} has no record types"]
    wrong = [
        f"no record type {name} of {described['name']}{hint(name, spelled)}"
        for name in names
        if name.lower() not in known
    ]
    return [str(known[name.lower()]["recordTypeId"]) for name in names if name.lower() in known], wrong
