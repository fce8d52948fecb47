"""Which properties to ask for: the client's mapping, held against what the portal really has.

Held against it before anything is read, because HubSpot passes over a property that does not exist: a misspelt
name would read as a portal whose records are all empty.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from config.sources import HubSpotSettings
from connectors.base import SourceContext, SourceError
from connectors.hubspot.objects import CONTACT, DATE_ENTERED, DEAL, MODELS, ObjectModel, ObjectName
from connectors.hubspot.stages import StageMap

Described = Mapping[str, Mapping[str, Any]]
"""An object's properties by name."""

_TYPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"amount": frozenset({"number"}), "lead_created_at": frozenset({"datetime", "date"})}
)
_PUNCTUATION = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Columns:
    """Stage-entry columns of each object and the properties that feed them, and what is wrong with the mapping.

    Attributes:
        of: by object, each column's properties; the first one with a value wins.
        mistakes: what must be corrected before anything is read.
        notes: what the user should know.
    """

    of: Mapping[ObjectName, Mapping[str, tuple[str, ...]]]
    mistakes: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ReadPlan:
    """What is read of one object.

    Attributes:
        model: the object.
        columns: for each stage-entry column the object's own properties that feed it.
        of_contact: for a deal, those of its contact, for what it does not have itself.
        stages: what the values of the stage property mean.
        entered: for each mapped stage the property that says when it was entered, where there is one.
    """

    model: ObjectModel
    columns: Mapping[str, tuple[str, ...]]
    of_contact: Mapping[str, tuple[str, ...]]
    stages: StageMap
    entered: Mapping[str, str]

    def properties(self, *, entered: bool) -> list[str]:
        """What to ask for of each record; ``entered`` stands in for a history that cannot be read."""
        names = [*self.model.required, *(name for names in self.columns.values() for name in names)]
        return list(dict.fromkeys([*names, *(self.entered.values() if entered else ())]))

    def contact_properties(self) -> list[str]:
        """What to ask for of each deal's contact."""
        names = (name for names in self.of_contact.values() for name in names)
        return list(dict.fromkeys(["createdate", *names]))


def choose_columns(
    settings: HubSpotSettings, context: SourceContext, described: Mapping[ObjectName, Described]
) -> Columns:
    """What feeds each column: the client's choice where it made one, else the default as far as it exists.

    ``described`` has the objects that are read.
    """
    chosen = {
        model.name: _defaults(model, described[model.name]) for model in MODELS if model.name in described
    }
    mistakes: list[str] = []
    notes: list[str] = []
    for column, wish in settings.fields.items():
        key = f"sources.{context.name}.fields.{column}"
        if isinstance(wish, str):
            found, wrong = _on_any(column, wish, key, described)
        else:
            found, wrong = _on_each(column, wish, key, described)
        mistakes += wrong
        for object_name, property_name in found.items():
            chosen[object_name][column] = (property_name,)
    for column, name in context.consent_fields.items():
        found, wrong = _on_any(column, name, f"consent.fields.{column}", described)
        if context.consent_required:
            mistakes += wrong
        else:
            notes += [f"{one}, so this source says nothing of it" for one in wrong]
        for object_name, property_name in found.items():
            chosen[object_name][column] = (property_name,)
    return Columns(chosen, tuple(mistakes), tuple(notes))


def make_plan(model: ObjectModel, columns: Columns, stages: StageMap, described: Described) -> ReadPlan:
    """The plan for ``model``, whose properties are ``described``."""
    entered = {value: _date_entered(value, described) for value in stages.funnel}
    return ReadPlan(
        model=model,
        columns=columns.of[model.name],
        of_contact=columns.of[CONTACT.name] if model is DEAL else {},
        stages=stages,
        entered={value: name for value, name in entered.items() if name},
    )


def refuse_mistakes(mistakes: Iterable[str]) -> None:
    """Raise all ``mistakes`` at once, if there are any."""
    if listed := list(mistakes):
        raise SourceError(
            "The portal does not have what the client's file names: " + "; ".join(listed) + ".",
            advice="Correct the names in the client's file, or create the property in HubSpot.",
            configuration=True,
        )


def _defaults(model: ObjectModel, described: Described) -> dict[str, tuple[str, ...]]:
    known = {
        column: tuple(name for name in names if name in described) for column, names in model.columns.items()
    }
    return {column: names for column, names in known.items() if names}


def _on_any(
    column: str, name: str, key: str, described: Mapping[ObjectName, Described]
) -> tuple[dict[ObjectName, str], list[str]]:
    """The property ``name`` of every object that has it; one of them must."""
    found = {object_name: _find(name, known) for object_name, known in described.items()}
    existing = {object_name: spelled for object_name, spelled in found.items() if spelled}
    if existing:
        return existing, _wrong_types(column, existing, key, described)
    everything = {one for known in described.values() for one in known}
    objects = " or ".join(f"{object_name}s" for object_name in described)
    return {}, [f"{key}: no property {name} of {objects}{_hint(name, everything)}"]


def _on_each(
    column: str, wish: Mapping[ObjectName, str], key: str, described: Mapping[ObjectName, Described]
) -> tuple[dict[ObjectName, str], list[str]]:
    """The property that ``wish`` names for each object that is read."""
    existing: dict[ObjectName, str] = {}
    mistakes = []
    for object_name, name in wish.items():
        if object_name not in described:
            continue
        if spelled := _find(name, described[object_name]):
            existing[object_name] = spelled
        else:
            hint = _hint(name, described[object_name])
            mistakes.append(f"{key}.{object_name}: no property {name} of {object_name}s{hint}")
    return existing, mistakes + _wrong_types(column, existing, key, described)


def _wrong_types(
    column: str, found: Mapping[ObjectName, str], key: str, described: Mapping[ObjectName, Described]
) -> list[str]:
    allowed = _TYPES.get(column)
    types = {name: str(described[name][spelled].get("type", "")) for name, spelled in found.items()}
    return [
        f"{key}: {found[name]} of {name}s is of type {kind}, {column} needs {' or '.join(sorted(allowed))}"
        for name, kind in types.items()
        if allowed and kind not in allowed
    ]


def _find(name: str, described: Described) -> str:
    """``name`` as the portal spells it, or nothing."""
    return name if name in described else next((one for one in described if one.lower() == name.lower()), "")


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), sorted(known), n=3, cutoff=0.6)
    return f" (closest: {', '.join(close)})" if close else ""


def _date_entered(value: str, described: Described) -> str:
    """The property that says when the stage ``value`` was entered, or nothing.

    HubSpot writes an id with other characters than letters and digits with underscores, and a number behind it.
    """
    name = DATE_ENTERED + _PUNCTUATION.sub("_", value.lower())
    if name in described:
        return name
    numbered = re.compile(re.escape(name) + r"_[0-9]+")
    return next((one for one in described if numbered.fullmatch(one)), "")
