"""Field names of a query, resolved against the schema: which field is meant, and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import Any, Protocol

from closedwon.sandbox.soql.errors import fault
from closedwon.sandbox.soql.nodes import Name, Query
from closedwon.sandbox.soql.schema import Entity, Field
from closedwon.sandbox.soql.table import Table
from closedwon.sandbox.world import Record

Reader = Callable[[Record], Any]

_MAX_LEVELS = 5

_CONSULT = "Please reference your WSDL or the describe call for the appropriate names."
_NO_RELATIONSHIP = (
    "Didn't understand relationship '{}' in field path. If you are attempting to use a custom relationship, "
    f"be sure to append the '__r' after the custom relationship name. {_CONSULT}"
)
_NO_COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append "
    f"the '__c' after the custom field name. {_CONSULT}"
)
_NO_OBJECT = (
    "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append "
    f"the '__c' after the entity name. {_CONSULT}"
)


class Database(Protocol):
    """What queries run on: a schema and records."""

    def entity(self, name: str) -> Entity | None:
        """The object of that name in whatever case, or None where it does not exist or may not be read."""
        ...

    def records(self, entity: str) -> Mapping[str, Record]:
        """The records of an object, under its exact name, by id of 18 characters."""
        ...

    def table(self, entity: str, *, with_deleted: bool) -> Table:
        """The same records to be looked through, without those in the recycle bin unless they are asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """A field and the references that lead to it: ``Contact.Email`` is (``ContactId``,) and ``Email``."""

    steps: tuple[Field, ...]
    field: Field

    @property
    def names(self) -> tuple[str, ...]:
        """The path in the schema's own spelling."""
        return (*(str(step.relationship) for step in self.steps), self.field.name)


class Resolver:
    """Resolves the names of one query."""

    def __init__(self, query: Query, database: Database) -> None:
        self._source = query.source
        self._database = database
        self.entity = self._entity(query.entity)
        self._prefixes = {self.entity.name.lower(), (query.alias or self.entity.name).lower()}

    def path(self, name: Name) -> Path:
        """The field that ``name`` means.

        Raises:
            SoqlError: INVALID_FIELD for an unknown column or relationship.
        """
        parts = name.text.split(".")
        if len(parts) > 1 and parts[0].lower() in self._prefixes:
            parts = parts[1:]
        entity = self.entity
        steps: list[Field] = []
        for part in parts[:-1]:
            step = entity.relationship(part)
            target = self._database.entity(step.references or "") if step else None
            if step is None or target is None or len(steps) >= _MAX_LEVELS:
                raise fault("INVALID_FIELD", self._source, name.position, _NO_RELATIONSHIP.format(part))
            steps.append(step)
            entity = target
        field = entity.field(parts[-1])
        if field is None:
            text = _NO_COLUMN.format(parts[-1], entity.name)
            raise fault("INVALID_FIELD", self._source, name.position, text)
        return Path(tuple(steps), field)

    def own_field(self, name: str) -> Field | None:
        """The field of the object itself that a name means; None for anything else."""
        parts = name.split(".")
        if len(parts) == 2 and parts[0].lower() in self._prefixes:
            parts = parts[1:]
        return self.entity.field(parts[0]) if len(parts) == 1 else None

    def reader(self, path: Path) -> Reader:
        """A function that reads the path's value from a record, None where a parent is missing."""
        name = path.field.name
        last: Reader = (
            (lambda record: bool(record.get(name)))
            if path.field.type == "boolean"
            else methodcaller("get", name)
        )
        if not path.steps:
            return last

        def read(record: Record) -> Any:
            found = self.parent(record, path.steps)
            return None if found is None else last(found)

        return read

    def parent(self, record: Record, steps: tuple[Field, ...]) -> Record | None:
        """Follow references from a record; None where one is empty or its target is missing."""
        found: Record | None = record
        for step in steps:
            key = found.get(step.name) if found is not None else None
            found = self._database.records(str(step.references)).get(key) if key else None
        return found

    def _entity(self, name: Name) -> Entity:
        entity = self._database.entity(name.text)
        if entity is None:
            raise fault("INVALID_TYPE", self._source, name.position, _NO_OBJECT.format(name.text))
        return entity
