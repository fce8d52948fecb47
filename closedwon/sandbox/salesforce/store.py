"""One org's records as queries see them: with the schema that they imply, and late where told so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from closedwon.sandbox.salesforce.implied import Features, features_of, implied_entity
from closedwon.sandbox.salesforce.objects import HISTORIES, STANDARD
from closedwon.sandbox.salesforce.settings import SalesforceSettings
from closedwon.sandbox.soql import Entity
from closedwon.sandbox.soql.table import Table
from closedwon.sandbox.world import Record, SalesforceOrg

Write = tuple[str, Record]
"""A whole record that takes its place in an object."""

_NAMES = {name.lower(): name for name in STANDARD}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A committed record that queries do not see yet."""

    visible_at: datetime
    query: int
    entity: str
    record: Record


class Store:
    """The records of one org.

    Written records become visible at a given moment, as Salesforce commits later than it stamps. Records are
    replaced, never edited: what a query has found stays as it was found.
    """

    def __init__(self, org: SalesforceOrg) -> None:
        self.org = org
        self._hidden_objects: frozenset[str] = frozenset()
        self._hidden_fields: frozenset[str] = frozenset()
        self._schemas: dict[str, Entity] = {}
        self._tables: dict[tuple[str, bool], tuple[tuple[int, int], Table]] = {}
        self._waiting: list[_Waiting] = []
        self._queries = 0
        self._give_currencies()

    def configure(self, settings: SalesforceSettings) -> None:
        """Show the user what the settings say, and nothing more."""
        untracked = {HISTORIES[name] for name in settings.untracked_objects if name in HISTORIES}
        self._hidden_objects = frozenset(settings.hidden_objects) | untracked
        self._hidden_fields = frozenset(settings.hidden_fields)

    def entity(self, name: str) -> Entity | None:
        """The object of that name in whatever case as the user sees it, or None where it is not shown."""
        schema = self.schema(name)
        if schema is None or schema.name in self._hidden_objects:
            return None
        return schema.without_fields(
            {
                hidden.partition(".")[2]
                for hidden in self._hidden_fields
                if hidden.startswith(f"{schema.name}.")
            }
        )

    def schema(self, name: str) -> Entity | None:
        """The object of that name in whatever case with all its fields, whoever may see them."""
        exact = _NAMES.get(name.lower())
        if exact is None:
            return None
        if exact not in self._schemas:
            self._schemas[exact] = implied_entity(STANDARD[exact], self.records(exact), self._features())
        return self._schemas[exact]

    def entities(self) -> list[Entity]:
        """All objects that the org shows."""
        return [entity for name in STANDARD if (entity := self.entity(name)) is not None]

    def records(self, entity: str) -> Mapping[str, Record]:
        """The visible records of an object, by id."""
        return self.org.objects.get(entity, {})

    def table(self, entity: str, *, with_deleted: bool) -> Table:
        """The visible records of an object to be looked through; kept for as long as they stay the same."""
        records = self.records(entity)
        state = (len(records), sum(map(id, records.values())))
        known = self._tables.get((entity, with_deleted))
        if known is None or known[0] != state:
            known = (state, Table(records, with_deleted=with_deleted))
            self._tables[entity, with_deleted] = known
        return known[1]

    def latest(self, entity: str, record_id: str) -> Record | None:
        """A record as it was last written, visible or not."""
        for change in reversed(self._waiting):
            if change.entity == entity and change.record["Id"] == record_id:
                return change.record
        return self.records(entity).get(record_id)

    def all_latest(self, entity: str) -> Iterable[Record]:
        """All records of an object as they were last written, visible or not."""
        waiting = {change.record["Id"]: change.record for change in self._waiting if change.entity == entity}
        return {**self.records(entity), **waiting}.values() if waiting else self.records(entity).values()

    def write(self, writes: list[Write], visible_at: datetime, after_queries: int = 0) -> None:
        """Store records, to be seen from ``visible_at`` on, and not by the next ``after_queries`` queries."""
        query = self._queries + after_queries
        self._waiting.extend(_Waiting(visible_at, query, entity, record) for entity, record in writes)

    def settle(self, now: datetime) -> None:
        """Let everything be seen whose time has come."""
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            if change.visible_at > now or change.query > self._queries:
                self._waiting.append(change)
                continue
            self.org.objects.setdefault(change.entity, {})[change.record["Id"]] = change.record
            self._changed(change.entity)

    def remove(self, entity: str, record_ids: Iterable[str]) -> None:
        """Forget records for good, at once."""
        gone = set(record_ids)
        self._waiting = [
            change for change in self._waiting if change.entity != entity or change.record["Id"] not in gone
        ]
        for record_id in gone:
            self.org.objects.get(entity, {}).pop(record_id, None)
        self._changed(entity)

    def count_query(self) -> None:
        """Tell that one more query was run."""
        self._queries += 1

    def _changed(self, entity: str) -> None:
        self._schemas.pop(entity, None)
        if entity == "RecordType":
            self._schemas.clear()

    def _features(self) -> Features:
        return features_of(self.org, self.records("RecordType").values())

    def _give_currencies(self) -> None:
        """In an org of several currencies every record has one, the corporate currency if no other."""
        if not self.org.currencies:
            return
        for name, records in self.org.objects.items():
            schema = self.schema(name)
            if schema is None or schema.field("CurrencyIsoCode") is None:
                continue
            for key, record in records.items():
                if not record.get("CurrencyIsoCode"):
                    records[key] = {**record, "CurrencyIsoCode": self.org.currencies[0]}
        self._schemas.clear()
