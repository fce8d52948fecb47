"""The JSON Schema of a client's file, for editors: what the loader takes, checked while typing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from config.environment import PLACEHOLDER
from config.settings import ClientSettings

Schema = dict[str, Any]

_ANNOTATIONS = ("description", "default")
_SHARED = "Shared"
"""Prefix of the definitions in which nothing is required, because shared defaults may say the rest."""

_DEFAULTS = {
    "type": "string",
    "description": "a file with settings that several clients share, beside this one; this file's own win",
}


def json_schema() -> Schema:
    """The schema of a client's file, JSON Schema 2020-12.

    A file that names ``defaults`` may leave out anything but ``client``. The shared file itself is described
    by ``#/$defs/SharedClientSettings``.
    """
    settings = ClientSettings.model_json_schema()
    definitions = {**settings.pop("$defs"), "ClientSettings": settings}
    whole = {name: _mapped(one, _as_read) for name, one in definitions.items()}
    shared = {f"{_SHARED}{name}": _mapped(one, _incomplete) for name, one in whole.items()}
    for top in (whole["ClientSettings"], shared[f"{_SHARED}ClientSettings"]):
        top["properties"] = {"defaults": _DEFAULTS, **top["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Closedwon client",
        "description": "One advertiser: its sources, its funnel, and what its destinations should hear.",
        "type": "object",
        "if": {"required": ["defaults"]},
        "then": {"$ref": f"#/$defs/{_SHARED}ClientSettings", "required": ["client"]},
        "else": {"$ref": "#/$defs/ClientSettings"},
        "$defs": {**whole, **shared, "Placeholder": {"type": "string", "pattern": PLACEHOLDER}},
    }


def _mapped(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """``schema`` with ``change`` made to it and to every schema of a value within, the innermost first."""
    new: Schema = {}
    for key, value in schema.items():
        if key in {"properties", "patternProperties"}:
            new[key] = {name: _mapped(one, change) for name, one in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            new[key] = _mapped(value, change)
        elif key in {"anyOf", "oneOf"}:
            new[key] = [_mapped(one, change) for one in value]
        else:
            new[key] = value
    return change(new)


def _as_read(schema: Schema) -> Schema:
    """As the loader reads: ``${NAME}`` for any value, ids without quotes, and no key that fits no pattern."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    if "description" in schema:
        schema["description"] = schema["description"].replace("``", "`")
    if "patternProperties" in schema:
        return schema | {"additionalProperties": False}
    if not _takes_placeholder(schema):
        return schema
    bare = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    if re.match(bare.get("pattern", "$"), "1" * 10):
        bare["type"] = ["string", "integer"]
    notes = {key: schema[key] for key in _ANNOTATIONS if key in schema}
    return {**notes, "anyOf": [bare, {"$ref": "#/$defs/Placeholder"}]}


def _takes_placeholder(schema: Schema) -> bool:
    kind = schema.get("type")
    return kind in {"number", "integer", "boolean"} or (
        kind == "string" and bool({"pattern", "enum"} & set(schema))
    )


def _incomplete(schema: Schema) -> Schema:
    """As a part that shared defaults complete: nothing is required, not even the key that tells a type."""
    left_out = {"required", "minProperties", "discriminator", "oneOf"}
    new = {key: value for key, value in schema.items() if key not in left_out}
    if "oneOf" in schema:
        new["anyOf"] = schema["oneOf"]
    if "$ref" in schema and not schema["$ref"].endswith("/Placeholder"):
        new["$ref"] = schema["$ref"].replace("#/$defs/", f"#/$defs/{_SHARED}")
    return new
