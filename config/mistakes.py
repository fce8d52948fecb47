"""What pydantic found wrong, in the words of the person who writes the file.

The JSON Schema of the settings is the map: the same descriptions that an editor shows say what was expected,
and the names that it lists are what a misspelt one is compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.document import KeyPath, Located, child, nearest
from config.expectations import (
    Alternative,
    described_key,
    described_value,
    inside,
    known_keys,
    known_values,
    may_be_shown,
    tagged,
    top,
)
from config.problems import Mistake, closest
from config.settings import DISAGREEMENT

_MISSING = {"missing", "union_tag_not_found"}

_SHAPES = {
    "model_type": "keys and values below this key",
    "model_attributes_type": "keys and values below this key",
    "dict_type": "keys and values below this key",
    "list_type": "a list",
}
"""Where the shape is wrong, the shape is what to say."""

_WITHOUT_DESCRIPTION = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "too_short": "at least one entry",
}

_LONGEST_SHOWN = 60
"""A wrong value beyond this length is not a slip of the pen: it may be a token in the wrong place."""


def mistakes(error: ValidationError, tree: Located, unknown: Collection[KeyPath]) -> list[Mistake]:
    """The field errors of ``error`` as mistakes in ``tree``, one for each path.

    Args:
        error: raised by :class:`~config.settings.ClientSettings`.
        tree: the file as written, before ``${NAME}`` was filled: what a mistake shows is taken from here.
        unknown: paths of values that could not be filled, which are not judged.
    """
    found: dict[KeyPath, tuple[str, Mistake]] = {}
    for details in error.errors(include_url=False, include_input=False):
        kind = details["type"]
        if kind == DISAGREEMENT:
            continue
        spot = _spot(details, tree)
        if spot.path in unknown and kind != "extra_forbidden":
            continue
        # A value that fits no member of a union has an error for each: the wrong shape tells least.
        if spot.path not in found or found[spot.path][0].endswith("_type"):
            found[spot.path] = (kind, _mistake(details, spot, tree))
    return _without_echoes(found)


@dataclass(frozen=True)
class _Spot:
    """A path in the file, and what may stand there and in the mapping around it."""

    path: KeyPath
    schemas: list[Alternative]
    around: list[Alternative]

    @property
    def name(self) -> str:
        """The last key of the path."""
        return str(self.path[-1]) if self.path else ""


def _spot(details: ErrorDetails, tree: Located) -> _Spot:
    """Follow a pydantic location, which also names members of unions, through the file and the schema."""
    location = [*details["loc"]]
    if "discriminator" in (context := details.get("ctx", {})):
        location.append(context["discriminator"].strip("'"))
    node = tree
    path: list[str | int] = []
    around: list[Alternative] = []
    schemas = top()
    for n, part in enumerate(location):
        inner = child(node, part)
        if inner is None and not (details["type"] in _MISSING and n == len(location) - 1):
            schemas = tagged(schemas, part)
            continue
        path.append(part)
        around, schemas = schemas, inside(schemas, part)
        node = inner or node
    return _Spot(tuple(path), schemas, around)


def _mistake(details: ErrorDetails, spot: _Spot, tree: Located) -> Mistake:
    if details["type"] == "extra_forbidden":
        return _unknown_key(spot)
    if details["loc"][-1:] == ("[key]",):
        return _wrong_name(details, spot)
    expected = (
        _SHAPES.get(details["type"])
        or _said(details)
        or _one_of(known_values(spot.schemas))
        or described_value(spot.schemas)
        or _WITHOUT_DESCRIPTION.get(details["type"], "another value")
    )
    got, text = _got(spot, tree)
    return Mistake(spot.path, expected, closest(text, known_values(spot.schemas)) if text else None, got)


def _unknown_key(spot: _Spot) -> Mistake:
    names = known_keys(spot.around)
    meant = closest(spot.name, names)
    return Mistake(
        spot.path, "a key that is known here" if meant else f"one of the keys {', '.join(names)}", meant
    )


def _wrong_name(details: ErrorDetails, spot: _Spot) -> Mistake:
    names = known_keys(spot.around)
    expected = _said(details) or described_key(spot.around) or f"one of the keys {', '.join(names)}"
    return Mistake(spot.path, expected, closest(spot.name, names))


def _said(details: ErrorDetails) -> str | None:
    """The words of a validator of ours, which are an expectation."""
    error = details.get("ctx", {}).get("error")
    return str(error) if isinstance(error, ValueError) else None


def _one_of(choices: Sequence[str]) -> str | None:
    shown = [one if one.replace("_", "").isalnum() else repr(one) for one in choices]
    return " or ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]])) or None


def _got(spot: _Spot, tree: Located) -> tuple[str | None, str | None]:
    """What stands in the file, told, and the text itself where it may be shown and compared."""
    node = nearest(tree, spot.path)
    there = not spot.path or child(nearest(tree, spot.path[:-1]), spot.path[-1]) is not None
    if node.value is None or not there:
        return "nothing", None
    if isinstance(node.value, (dict, list)):
        return ("keys" if isinstance(node.value, dict) else "a list"), None
    if not may_be_shown(spot.schemas) or len(node.value) > _LONGEST_SHOWN:
        return None, None
    return repr(node.value), node.value


def _without_echoes(found: Mapping[KeyPath, tuple[str, Mistake]]) -> list[Mistake]:
    """Leave out what follows from a mistake named already.

    A misspelt key is not also a missing one, and a value whose inside is wrong has the right shape.
    """
    misspelt = {
        (*path[:-1], one.suggestion) for path, (kind, one) in found.items() if kind == "extra_forbidden"
    }
    parents = {path[:n] for path in found for n in range(len(path))}
    return [
        one
        for path, (kind, one) in found.items()
        if not (kind in _MISSING and path in misspelt) and not (kind.endswith("_type") and path in parents)
    ]
