"""Which paths and versions of the API there are: dated ones, and numbered ones that are on their way out.

Pages: "2026-03 API reference" and "Legacy API reference", overviews.
"""

from __future__ import annotations

from dataclasses import dataclass

from closedwon.sandbox.hubspot.settings import DATED_VERSIONS


@dataclass(frozen=True, slots=True)
class Family:
    """A group of resources: its path by date, its path by number, and the numbers that it has."""

    dated: str
    numbered: str
    numbers: tuple[str, ...] = ("v3",)

    def bases(self) -> list[tuple[str, tuple[str, ...]]]:
        """Paths up to the resource, with the versions that each is served in."""
        if self.dated == self.numbered:
            return [(self.dated, (*DATED_VERSIONS, *self.numbers))]
        return [(self.dated, DATED_VERSIONS), (self.numbered, self.numbers)]


OBJECTS = Family("/crm/objects/{version}", "/crm/{version}/objects")
ASSOCIATIONS = Family("/crm/associations/{version}", "/crm/{version}/associations", ("v3", "v4"))
PIPELINES = Family("/crm/pipelines/{version}", "/crm/{version}/pipelines")
PROPERTIES = Family("/crm/properties/{version}", "/crm/{version}/properties")
ACCOUNT = Family("/account-info/{version}", "/account-info/{version}")
OAUTH = Family("/oauth/{version}", "/oauth/{version}", ("v1", "v3"))
