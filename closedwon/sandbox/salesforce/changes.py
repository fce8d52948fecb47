"""Changes as Salesforce makes them: a field is set, and stamps, derived fields and history rows follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from closedwon.sandbox.salesforce.errors import RestError, not_found
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.salesforce.objects import HISTORIES, OTHER_STAGE, STAGES, STANDARD, TRACKED
from closedwon.sandbox.salesforce.settings import SalesforceSettings
from closedwon.sandbox.salesforce.store import Store, Write
from closedwon.sandbox.soql import Entity
from closedwon.sandbox.world import Record

_READ_ONLY = frozenset(
    ["Id", "LastModifiedDate", "SystemModstamp", "LastStageChangeDate", "IsWon", "IsClosed"]
)
_ONCE = frozenset(["CreatedDate"])
_SNAPSHOT = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
_DATA_TYPES = {"Amount": "Currency", "CloseDate": "DateOnly", "OwnerId": "EntityId"}
_USER = record_id("005", 1)

_FIRST_NEW = 50_000_000
"""New ids start beyond any that a generated org uses."""


def stamp(moment: datetime) -> str:
    """A date-time as the REST API writes it; Salesforce keeps whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class Changes:
    """Makes the records that follow from a change in one org."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = count(_FIRST_NEW)
        self._untracked: frozenset[str] = frozenset()

    def configure(self, settings: SalesforceSettings) -> None:
        """Record history as the settings say."""
        self._untracked = frozenset([*settings.untracked_objects, *settings.untracked_fields])

    def create(
        self, entity: str, record: str | None, fields: Mapping[str, Any], now: datetime
    ) -> list[Write]:
        """A new record and its first history rows; an id is made where none is given."""
        _check(self._store.schema(entity), fields, _READ_ONLY)
        moment = stamp(now)
        made: Record = {
            **self._defaults(entity),
            "Id": record or self._new_id(STANDARD[entity].key_prefix),
            "IsDeleted": False,
            "CreatedDate": moment,
            "CreatedById": _USER,
            **fields,
        }
        created = made["CreatedDate"]
        made |= {"LastModifiedDate": moment, "LastModifiedById": _USER, "SystemModstamp": moment}
        writes: list[Write] = [(entity, made)]
        if entity == "Opportunity":
            made |= {"LastStageChangeDate": created, **_stage_fields(made)}
            writes.append(self._snapshot(made, created))
        return [*writes, *self._history(entity, made["Id"], "created", created)]

    def update(self, entity: str, record: str, fields: Mapping[str, Any], now: datetime) -> list[Write]:
        """The changed record and the history rows of what changed.

        Raises:
            RestError: NOT_FOUND for an unknown record, INVALID_FIELD… for a field that cannot be set.
        """
        _check(self._store.schema(entity), fields, _READ_ONLY | _ONCE)
        before = self._store.latest(entity, record)
        if before is None:
            raise not_found()
        moment = stamp(now)
        after: Record = {**before, **fields, "LastModifiedDate": moment, "SystemModstamp": moment}
        writes: list[Write] = [(entity, after)]
        if entity == "Opportunity":
            writes += self._opportunity_history(before, after, moment)
        for field in TRACKED.get(entity, ()):
            if before.get(field) != after.get(field):
                old, new = before.get(field), after.get(field)
                writes += self._history(entity, record, field, moment, old=old, new=new)
        if after.get("IsConverted") and not before.get("IsConverted"):
            writes += self._history(entity, record, "leadConverted", moment)
        return writes

    def merged(self, entity: str, winner: str, now: datetime) -> list[Write]:
        """The history row of a record that others were merged into."""
        return self._history(entity, winner, "leadMerged", stamp(now)) if entity == "Lead" else []

    def _defaults(self, entity: str) -> Record:
        schema, currencies = self._store.schema(entity), self._store.org.currencies
        has_currency = schema is not None and schema.field("CurrencyIsoCode") is not None
        return {"CurrencyIsoCode": currencies[0]} if currencies and has_currency else {}

    def _opportunity_history(self, before: Record, after: Record, moment: str) -> list[Write]:
        if before.get("StageName") != after.get("StageName"):
            after |= {"LastStageChangeDate": moment, **_stage_fields(after)}
        if all(before.get(field) == after.get(field) for field in _SNAPSHOT):
            return []
        return [self._snapshot(after, moment)]

    def _snapshot(self, opportunity: Record, moment: str) -> Write:
        row = {field: opportunity.get(field) for field in _SNAPSHOT}
        audit = {"CreatedDate": moment, "SystemModstamp": moment, "CreatedById": _USER, "IsDeleted": False}
        return "OpportunityHistory", {
            "Id": self._new_id("008"),
            "OpportunityId": opportunity["Id"],
            **self._defaults("OpportunityHistory"),
            **row,
            **audit,
        }

    def _history(
        self, entity: str, parent: str, field: str, moment: str, *, old: Any = None, new: Any = None
    ) -> list[Write]:
        """One row, or none where the object or the field is not tracked."""
        if entity not in HISTORIES or not self._untracked.isdisjoint((entity, f"{entity}.{field}")):
            return []
        row = {
            "Id": self._new_id("017"),
            f"{entity}Id": parent,
            "Field": field,
            "DataType": _DATA_TYPES.get(field, "Text"),
            "OldValue": old,
            "NewValue": new,
            "CreatedDate": moment,
            "CreatedById": _USER,
            "IsDeleted": False,
        }
        return [(HISTORIES[entity], row)]

    def _new_id(self, key_prefix: str) -> str:
        return record_id(key_prefix, next(self._numbers))


def _stage_fields(opportunity: Record) -> Record:
    probability, closed, won, category = STAGES.get(str(opportunity.get("StageName")), OTHER_STAGE)
    amount = opportunity.get("Amount")
    return {
        "Probability": probability,
        "IsClosed": closed,
        "IsWon": won,
        "ForecastCategory": category,
        "ExpectedRevenue": None if amount is None else round(amount * probability / 100, 2),
    }


def _check(entity: Entity | None, fields: Mapping[str, Any], read_only: frozenset[str]) -> None:
    if entity is None:
        raise not_found()
    for name in fields:
        if name in read_only:
            text = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise RestError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", text)
        if not name.endswith("__c") and entity.field(name) is None:
            raise RestError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
