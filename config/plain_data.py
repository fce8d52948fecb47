"""Reads a client's file as plain data, valid or not: what has another shape than asked for is as good as absent.

What is wrong with a shape is a mistake of its own, told by :mod:`config.mistakes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping_at(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under ``key``."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def mappings_at(data: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """The mappings within the one under ``key``, by name: each source under ``sources``, say."""
    return {name: part for name, part in mapping_at(data, key).items() if isinstance(part, Mapping)}


def texts_at(data: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    """The texts of the list under ``key``, each with its position."""
    value = data.get(key)
    return [
        (n, one) for n, one in enumerate(value if isinstance(value, list) else ()) if isinstance(one, str)
    ]
