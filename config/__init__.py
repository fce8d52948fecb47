"""What a client wants: its YAML file as typed settings, or every mistake in it at once.

Names are imported when they are first asked for: the shared words of :mod:`config.columns` must cost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from config.loading import ClientFile, find_clients, load_client
    from config.problems import ConfigurationError, Problem
    from config.schema import json_schema
    from config.settings import ClientSettings

__all__ = [
    "ClientFile",
    "ClientSettings",
    "ConfigurationError",
    "Problem",
    "find_clients",
    "json_schema",
    "load_client",
]

_HOMES = {
    "ClientFile": "loading",
    "ClientSettings": "settings",
    "ConfigurationError": "problems",
    "Problem": "problems",
    "find_clients": "loading",
    "json_schema": "schema",
    "load_client": "loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
