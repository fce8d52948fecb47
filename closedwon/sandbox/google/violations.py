"""What is wrong with a request, field by field, as the Data Manager API answers it.

Page: "Understand API errors". How many violations one answer lists is not documented; here at most
:data:`MAX_VIOLATIONS`.
"""

from __future__ import annotations

MAX_VIOLATIONS = 100


class Violations:
    """The violations of one request, in the order found."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, field: str, reason: str, description: str) -> None:
        """Note one violation; beyond :data:`MAX_VIOLATIONS` they are not listed."""
        if len(self.found) < MAX_VIOLATIONS:
            self.found.append({"field": field, "description": description, "reason": reason})
