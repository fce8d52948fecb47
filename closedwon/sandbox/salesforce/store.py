"""One org's records as queries see them: with the schema that they imply, and late where told so."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from closedwon.sandbox.salesforce.objects import OPTIONAL, PICKLISTS, STANDARD
from closedwon.sandbox.soql import Entity, Field
from closedwon.sandbox.world import Record, SalesforceOrg

_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

Write = tuple[str, Record]
"""A whole record that takes its place in an object."""


class Store:
    """The records of one org.

    Written records become visible at a given moment, as Salesforce commits later than it stamps. Records are
    replaced, never edited: what a query has found stays as it was found.
    """

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self.hidden: Collection[str] = ()
        self._entities: dict[str, Entity] = {}
        self._waiting: list[tuple[datetime, Write]] = []

    def entity(self, name: str) -> Entity | None:
        """The object of that name in whatever case, or None where the org does not show it."""
        exact = next((known for known in STANDARD if known.lower() == name.lower()), None)
        if exact is None or exact in self.hidden:
            return None
        if exact not in self._entities:
            self._entities[exact] = _implied(STANDARD[exact], self.records(exact))
        return self._entities[exact]

    def entities(self) -> list[Entity]:
        """All objects that the org shows."""
        return [entity for name in STANDARD if (entity := self.entity(name)) is not None]

    def records(self, entity: str) -> Mapping[str, Record]:
        """The visible records of an object, by id."""
        return self.org.objects.get(entity, {})

    def latest(self, entity: str, record_id: str) -> Record | None:
        """A record as it was last written, visible or not."""
        for _, (written, record) in reversed(self._waiting):
            if written == entity and record["Id"] == record_id:
                return record
        return self.records(entity).get(record_id)

    def write(self, writes: list[Write], visible_at: datetime) -> None:
        """Store records, to be seen from ``visible_at`` on."""
        self._waiting.extend((visible_at, write) for write in writes)

    def settle(self, now: datetime) -> None:
        """Let everything be seen whose time has come."""
        waiting = self._waiting
        self._waiting = [(visible_at, write) for visible_at, write in waiting if visible_at > now]
        for visible_at, (entity, record) in waiting:
            if visible_at <= now:
                self.org.objects.setdefault(entity, {})[record["Id"]] = record
                self._entities.pop(entity, None)


def _implied(standard: Entity, records: Mapping[str, Record]) -> Entity:
    """A standard object with what this org added to it: its own fields, and its own picklist values."""
    samples: Record = {}
    for record in records.values():
        for name, value in record.items():
            if samples.get(name) is None:
                samples[name] = value
    optional = [field for field in OPTIONAL[standard.name] if field.name in samples]
    custom = [Field(name, _type_of(value)) for name, value in samples.items() if name.endswith("__c")]
    fields = [*standard.fields, *optional, *custom]
    named = [
        replace(field, values=_values(standard.name, field.name, records))
        if field.type == "picklist"
        else field
        for field in fields
    ]
    return Entity(standard.name, standard.label, standard.key_prefix, tuple(named))


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "double"
    text = str(value)
    if _DATETIME.fullmatch(text):
        return "datetime"
    return "date" if _DATE.fullmatch(text) else "string"


def _values(entity: str, field: str, records: Mapping[str, Record]) -> tuple[str, ...]:
    seen = dict.fromkeys(record.get(field) for record in records.values())
    own = [str(value) for value in seen if value]
    return tuple(dict.fromkeys([*PICKLISTS.get((entity, field), ()), *own]))
