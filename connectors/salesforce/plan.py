"""Which fields to ask for: the client's mapping, held against what the org really has.

Held against the describe call before anything is read, because a query names only the first field that it
does not know, and because a field that the integration user may not see looks like one that does not exist.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.sources import SalesforceSettings
from connectors.base import SourceContext, SourceError
from connectors.salesforce.errors import ObjectHiddenError
from connectors.salesforce.objects import ObjectModel

Describe = Callable[[str], Mapping[str, Any]]

_OPTIONAL = frozenset({"currency"})
"""Only orgs with several currencies have the field: the others' amounts are in the client's."""
_TYPES: Mapping[str, frozenset[str]] = {
    "amount": frozenset({"currency", "double", "int", "long", "percent"}),
    "lead_created_at": frozenset({"datetime"}),
}


@dataclass(frozen=True)
class Mapped:
    """One field that the client's file asks for: the column it feeds, its API name, and the key naming it."""

    column: str
    field: str
    key: str


@dataclass(frozen=True)
class ReadPlan:
    """What is read of one object.

    Attributes:
        model: the object.
        columns: for each stage-entry column the field paths that feed it; the first one with a value wins.
        has_stage_changed: whether the object's own time of its present stage can be read.
        notes: columns that nothing can feed because the integration user may not see the fields.
    """

    model: ObjectModel
    columns: Mapping[str, tuple[str, ...]]
    has_stage_changed: bool
    notes: tuple[str, ...]

    @property
    def select(self) -> tuple[str, ...]:
        """The fields of the page query, each once."""
        changed = (
            (self.model.stage_changed_field,)
            if self.model.stage_changed_field and self.has_stage_changed
            else ()
        )
        paths = (path for paths in self.columns.values() for path in paths)
        return tuple(dict.fromkeys((*self.model.required, *changed, *paths)))


def mapped_fields(model: ObjectModel, settings: SalesforceSettings, context: SourceContext) -> list[Mapped]:
    """What the client's file asks for of ``model``: custom fields, and where consent is recorded."""
    mapped = []
    for column, names in settings.fields.items():
        key = f"sources.{context.name}.fields.{column}"
        if isinstance(names, str):
            mapped.append(Mapped(column, names, key))
        elif model.name in names:
            mapped.append(Mapped(column, names[model.name], f"{key}.{model.name}"))
    mapped += [
        Mapped(column, name, f"consent.fields.{column}") for column, name in context.consent_fields.items()
    ]
    return mapped


def make_plan(model: ObjectModel, mapped: Iterable[Mapped], describe: Describe) -> tuple[ReadPlan, list[str]]:
    """The plan for ``model``, and every mistake in ``mapped``: a plan with mistakes must not be read."""
    visible = _Visible(model, describe)
    mistakes = [
        f"{model.name}.{name} cannot be seen by the integration user"
        for name in model.required
        if not visible.find(name)
    ]
    standard = {
        column: tuple(filter(None, map(visible.find, paths))) for column, paths in model.columns.items()
    }
    chosen: dict[str, tuple[str, ...]] = {}
    for wish in mapped:
        try:
            chosen[wish.column] = (visible.resolve(wish),)
        except _MappingError as error:
            mistakes.append(f"{wish.key}: {error}")
    columns = {column: paths for column, paths in {**standard, **chosen}.items() if paths}
    hidden = sorted(set(model.columns) - set(columns) - _OPTIONAL)
    changed = bool(model.stage_changed_field and visible.find(model.stage_changed_field))
    return ReadPlan(model, columns, changed, _hidden_note(model, hidden)), mistakes


def refuse_mistakes(mistakes: Iterable[str]) -> None:
    """Raise all ``mistakes`` at once, if there are any."""
    if listed := list(mistakes):
        raise SourceError(
            "Fields that cannot be read: " + "; ".join(listed) + ".",
            advice="Correct the names in the client's file, or let the integration user see the fields.",
            configuration=True,
        )


def _hidden_note(model: ObjectModel, hidden: list[str]) -> tuple[str, ...]:
    if not hidden:
        return ()
    fields = ", ".join("/".join(model.columns[column]) for column in hidden)
    return (f"{model.name}: no {', '.join(hidden)}, because the integration user cannot see {fields}.",)


class _MappingError(Exception):
    """A field that the client's file asks for cannot serve."""


class _Visible:
    """The fields that the integration user may see, of one object and its parents, by lower-case path."""

    def __init__(self, model: ObjectModel, describe: Describe) -> None:
        self._model = model
        self._describe = describe
        self._own = _by_lower_name(describe(model.name))
        self._parents: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def find(self, path: str) -> str:
        """``path`` as Salesforce spells it in its answers, or nothing."""
        relationship, _, name = path.rpartition(".")
        if not relationship:
            found = self._own.get(name.lower())
            return str(found["name"]) if found else ""
        parent = next(
            (parent for parent in self._model.parents if parent.lower() == relationship.lower()), ""
        )
        found = self._parent(parent).get(name.lower()) if parent else None
        return f"{parent}.{found['name']}" if found else ""

    def resolve(self, wish: Mapped) -> str:
        """The path that serves ``wish``. What an opportunity lacks is looked for on its contact."""
        path = self.find(wish.field)
        if not path and "Contact" in self._model.parents:
            path = self.find(f"Contact.{wish.field}")
        if not path:
            raise _MappingError(f"no field {wish.field} on {self._model.name}{self._hint(wish.field)}")
        allowed = _TYPES.get(wish.column)
        if allowed and self._type(path) not in allowed:
            needed = " or ".join(sorted(allowed))
            raise _MappingError(f"{path} is of type {self._type(path)}, {wish.column} needs {needed}")
        return path

    def _type(self, path: str) -> str:
        relationship, _, name = path.rpartition(".")
        fields = self._parent(relationship) if relationship else self._own
        return str(fields[name.lower()].get("type", ""))

    def _parent(self, relationship: str) -> Mapping[str, Mapping[str, Any]]:
        if relationship not in self._parents:
            try:
                self._parents[relationship] = _by_lower_name(
                    self._describe(self._model.parents[relationship])
                )
            except ObjectHiddenError:
                self._parents[relationship] = {}
        return self._parents[relationship]

    def _hint(self, name: str) -> str:
        spelled = {lower: str(described["name"]) for lower, described in self._own.items()}
        close = difflib.get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
        return f" (closest: {', '.join(spelled[lower] for lower in close)})" if close else ""


def _by_lower_name(described: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(entry["name"]).lower(): entry for entry in described["fields"]}
