"""Which fields the integration user may see, of an object and of the records that it refers to.

Asked of ``describe`` before anything is read, because a query names only the first field that it does not
know, and because a field that the user may not see looks like one that does not exist.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.api.errors import ObjectHiddenError

Describe = Callable[[str], Mapping[str, Any]]
"""An object's name to what ``describe`` says of it; raises :class:`ObjectHiddenError`."""

_Fields = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class FoundField:
    """A field that can be read.

    Attributes:
        path: its path as Salesforce spells it in its answers.
        type: its type, such as ``picklist``.
        filterable: whether a condition may ask about it.
    """

    path: str
    type: str
    filterable: bool


class Visible:
    """The fields of one object, and of others along its relationships (``Contact.Email``)."""

    def __init__(self, object_name: str, describe: Describe) -> None:
        self.object_name = object_name
        self._describe = describe
        self._objects: dict[str, _Fields] = {object_name: _by_lower_name(describe(object_name))}

    def find(self, path: str) -> FoundField | None:
        """The field at ``path``, written in whatever case, if it can be seen."""
        spelled, fields = self._follow(path)
        field = fields.get(_last(path)) if spelled is not None else None
        if field is None:
            return None
        return FoundField(
            f"{spelled}{field['name']}", str(field.get("type", "")), bool(field.get("filterable", True))
        )

    def spelled(self, path: str) -> str | None:
        """``path`` as Salesforce spells it, if the field can be seen."""
        found = self.find(path)
        return found.path if found else None

    def hint(self, path: str) -> str:
        """The names that come closest to the last part of ``path``, in brackets, or nothing."""
        spelled, fields = self._follow(path)
        if spelled is None:
            return ""
        names = {lower: str(field["name"]) for lower, field in fields.items()}
        return hint(_last(path), names)

    def _follow(self, path: str) -> tuple[str | None, _Fields]:
        """The relationships of ``path`` as Salesforce spells them, and the fields that they lead to."""
        spelled, fields = "", self._objects[self.object_name]
        for relationship in path.split(".")[:-1]:
            reference = next(
                (
                    field
                    for field in fields.values()
                    if str(field.get("relationshipName") or "").lower() == relationship.lower()
                ),
                None,
            )
            if reference is None:
                return None, {}
            spelled += f"{reference['relationshipName']}."
            fields = self._fields_of_all(reference.get("referenceTo") or ())
        return spelled, fields

    def _fields_of_all(self, object_names: Iterable[str]) -> _Fields:
        """An owner may be a user or a queue: what either has can be asked for."""
        fields: dict[str, Mapping[str, Any]] = {}
        for name in object_names:
            fields |= self._fields_of(name)
        return fields

    def _fields_of(self, object_name: str) -> _Fields:
        if object_name not in self._objects:
            try:
                self._objects[object_name] = _by_lower_name(self._describe(object_name))
            except ObjectHiddenError:
                self._objects[object_name] = {}
        return self._objects[object_name]


def hint(word: str, names: Mapping[str, str]) -> str:
    """The closest of ``names`` (lower case to as spelled) to ``word``, as a remark in brackets, or nothing."""
    close = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.6)
    return f" (closest: {', '.join(names[lower] for lower in close)})" if close else ""


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower()


def _by_lower_name(described: Mapping[str, Any]) -> _Fields:
    return {str(field["name"]).lower(): field for field in described["fields"]}
