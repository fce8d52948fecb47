"""Settings of a sandbox server that change while it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server can be told to do otherwise; each server's own settings add the fields."""

    def changed(self, given: Mapping[str, Any]) -> Self:
        """The same settings with some changed, as JSON gives them.

        Raises:
            ValueError: an unknown setting, named.
        """
        known = [item.name for item in fields(self)]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}; known: {', '.join(known)}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        return replace(self, **values)
