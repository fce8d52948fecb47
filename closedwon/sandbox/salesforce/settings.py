"""What the Salesforce server can be told to do otherwise, while it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """What can be told to behave otherwise.

    Attributes:
        token_seconds: how long an access token is good.
        cursor_seconds: how long further pages of a query can be fetched.
        visibility_delay_seconds: how long after its stamp a change is seen by queries.
        daily_requests: API requests a day; beyond them every request is refused.
        hidden_objects: objects that the user may not read.
    """

    token_seconds: float = 7_200
    cursor_seconds: float = 172_800
    visibility_delay_seconds: float = 0
    daily_requests: int = 100_000
    hidden_objects: tuple[str, ...] = ()

    def changed(self, given: Mapping[str, Any]) -> SalesforceSettings:
        """The same settings with some changed, as JSON gives them.

        Raises:
            ValueError: an unknown setting, named.
        """
        known = [item.name for item in fields(self)]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}; known: {', '.join(known)}")
        return replace(
            self, **{**given, "hidden_objects": tuple(given.get("hidden_objects", self.hidden_objects))}
        )
