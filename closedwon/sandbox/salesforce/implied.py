"""The schema that an org's features and records imply: its optional and custom fields, its picklist values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from closedwon.sandbox.salesforce.objects import OPTIONAL, PICKLISTS
from closedwon.sandbox.soql import Entity, Field
from closedwon.sandbox.world import Record, SalesforceOrg

_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Features:
    """What an org has switched on that adds fields.

    Attributes:
        everywhere: features that concern all objects: ``currencies``, ``person accounts``.
        with_record_types: objects that have record types.
    """

    everywhere: frozenset[str]
    with_record_types: frozenset[str]

    def has(self, feature: str, entity: str) -> bool:
        """Whether a feature's fields exist on an object."""
        return entity in self.with_record_types if feature == "record types" else feature in self.everywhere


def features_of(org: SalesforceOrg, record_types: Iterable[Record]) -> Features:
    """The features of an org, and the objects that its record types are of."""
    switched = {"currencies": bool(org.currencies), "person accounts": org.person_accounts}
    return Features(
        frozenset(name for name, on in switched.items() if on),
        frozenset(str(record.get("SobjectType")) for record in record_types),
    )


def implied_entity(standard: Entity, records: Mapping[str, Record], features: Features) -> Entity:
    """A standard object with what this org added to it.

    An optional field exists where its feature is on, or where a record has a value of it.
    """
    samples = _samples(records)
    optional = [
        field
        for feature, field in OPTIONAL[standard.name]
        if features.has(feature, standard.name) or samples.get(field.name) is not None
    ]
    custom = [
        Field(name, _type_of(value)) for name, value in samples.items() if name.endswith(("__c", "__pc"))
    ]
    named = [
        replace(field, values=_values(standard.name, field.name, records))
        if field.type == "picklist"
        else field
        for field in [*standard.fields, *optional, *custom]
    ]
    return Entity(standard.name, standard.label, standard.key_prefix, tuple(named))


def _samples(records: Mapping[str, Record]) -> Record:
    """A value of every field that has one."""
    samples: Record = {}
    for record in records.values():
        for name, value in record.items():
            if samples.get(name) is None:
                samples[name] = value
    return samples


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
