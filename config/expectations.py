"""The JSON Schema of the settings as a map: what may stand at a place in a client's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from config.settings import ClientSettings

Alternative = dict[str, Any]
"""One schema of those that may hold at a place, references followed and without ``anyOf`` or ``oneOf``."""


def top() -> list[Alternative]:
    """What a file as a whole may be."""
    return _alternatives(_schema())


def inside(schemas: Sequence[Alternative], part: str | int) -> list[Alternative]:
    """What lies under a key, or at a position, of what ``schemas`` describe."""
    return [one for schema in schemas for one in _inside(schema, part)]


def tagged(schemas: Sequence[Alternative], tag: str | int) -> list[Alternative]:
    """Those of ``schemas`` that a ``type`` or ``flow`` with this value selects; all where it selects none."""
    chosen = [
        one
        for one in schemas
        if any(value.get("const") == tag for value in one.get("properties", {}).values())
    ]
    return chosen or list(schemas)


def known_keys(schemas: Sequence[Alternative]) -> list[str]:
    """Keys that a mapping may have, as far as the schema lists them."""
    names: list[str] = []
    for schema in schemas:
        names += schema.get("properties", {})
        names += [
            one for keys in _alternatives(schema.get("propertyNames", {})) for one in keys.get("enum", [])
        ]
    return [*dict.fromkeys(names)]


def known_values(schemas: Sequence[Alternative]) -> list[str]:
    """Values that a key may have, as far as the schema lists them."""
    return [
        str(one) for schema in schemas for one in schema.get("enum", [schema.get("const")]) if one is not None
    ]


def described_key(schemas: Sequence[Alternative]) -> str | None:
    """The description of the keys of a mapping."""
    names = [schema.get("propertyNames", {}) for schema in schemas]
    return next((str(one["description"]) for one in names if "description" in one), None)


def described_value(schemas: Sequence[Alternative]) -> str | None:
    """The description of a value."""
    return next((str(one["description"]) for one in schemas if "description" in one), None)


def may_be_shown(schemas: Sequence[Alternative]) -> bool:
    """Whether a wrong value is harmless to repeat: no secret is expected, nor keys that may be one's."""
    return bool(schemas) and not any(
        one.get("format") == "password" or one.get("type") in {"object", "array"} for one in schemas
    )


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return ClientSettings.model_json_schema()


def _alternatives(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The schemas that ``schema`` is a choice of, references followed; the outermost description wins.

    A model's own description is left out: it says what the model is for, not what to write.
    """
    own = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf", "oneOf"}}
    if "$ref" in schema:
        model = _schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        members = [{key: value for key, value in model.items() if key != "description"}]
    else:
        members = schema.get("anyOf") or schema.get("oneOf") or []
    if not members:
        return [own]
    inner = [one for member in members for one in _alternatives(member) if one.get("type") != "null"]
    return [{**one, **own} for one in inner]


def _inside(schema: Mapping[str, Any], part: str | int) -> list[dict[str, Any]]:
    """The schemas of what lies under a key, or at a position, of what ``schema`` describes."""
    if isinstance(part, int):
        return _alternatives(schema.get("items", {}))
    if part in schema.get("properties", {}):
        return _alternatives(schema["properties"][part])
    values = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [one for value in values if isinstance(value, dict) for one in _alternatives(value)]
