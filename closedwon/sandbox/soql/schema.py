"""What a query may name: objects with typed fields, and the relationships between them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field as dataclass_field


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object, as ``describe`` knows it.

    ``type`` is Salesforce's field type (``id``, ``reference``, ``string``, ``datetime``, …). A reference that
    can be followed names the object that it points at and the relationship (``ContactId`` → ``Contact``).
    """

    name: str
    type: str
    references: str | None = None
    relationship: str | None = None
    filterable: bool = True
    values: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether the org added it."""
        return self.name.endswith("__c")


@dataclass(frozen=True)
class Entity:
    """One object: its fields and relationships, found whatever their case."""

    name: str
    label: str
    key_prefix: str
    fields: tuple[Field, ...]
    _by_name: dict[str, Field] = dataclass_field(init=False, repr=False, compare=False)
    _by_relationship: dict[str, Field] = dataclass_field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {field.name.lower(): field for field in self.fields})
        related = {field.relationship.lower(): field for field in self.fields if field.relationship}
        object.__setattr__(self, "_by_relationship", related)

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return self._by_name.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """The reference field behind a relationship name, or None."""
        return self._by_relationship.get(name.lower())

    def without_fields(self, names: Collection[str]) -> Entity:
        """The same object as it is seen by somebody who may not read some fields."""
        if not names:
            return self
        shown = tuple(field for field in self.fields if field.name not in names)
        return Entity(self.name, self.label, self.key_prefix, shown)
