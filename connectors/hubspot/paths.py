"""Where each API lies in each version, as a table: a new dated version is one setting, not one more branch.

https://developers.hubspot.com/docs/api-reference/latest/overview
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_DATED: Mapping[str, str] = MappingProxyType(
    {
        "objects": "/crm/objects/{version}/{name}",
        "associations": "/crm/associations/{version}/{name}/{to}/batch/read",
        "pipelines": "/crm/pipelines/{version}/{name}",
        "properties": "/crm/properties/{version}/{name}",
        "token": "/oauth/{version}/token",
    }
)
_NUMBERED: Mapping[str, str] = MappingProxyType(
    {
        "objects": "/crm/v3/objects/{name}",
        "associations": "/crm/v4/associations/{name}/{to}/batch/read",
        "pipelines": "/crm/v3/pipelines/{name}",
        "properties": "/crm/v3/properties/{name}",
        "token": "/oauth/v3/token",
    }
)


class Paths:
    """The paths of one API version: ``v3`` stands for the numbered ones, anything else is a date."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._table = _NUMBERED if version == "v3" else _DATED

    def list(self, name: str) -> str:
        """All records of an object (``contacts``, ``deals``), in the order of their ids."""
        return self._path("objects", name=name)

    def search(self, name: str) -> str:
        """Records of an object by filters."""
        return f"{self.list(name)}/search"

    def batch_read(self, name: str) -> str:
        """Records of an object by their ids."""
        return f"{self.list(name)}/batch/read"

    def associations(self, name: str, to: str) -> str:
        """Which records of ``to`` are associated with records of an object."""
        return self._path("associations", name=name, to=to)

    def pipelines(self, name: str) -> str:
        """An object's pipelines and their stages."""
        return self._path("pipelines", name=name)

    def properties(self, name: str) -> str:
        """An object's properties."""
        return self._path("properties", name=name)

    @property
    def token(self) -> str:
        """Where access tokens are refreshed."""
        return self._path("token")

    def _path(self, api: str, **parts: str) -> str:
        return self._table[api].format(version=self._version, **parts)
