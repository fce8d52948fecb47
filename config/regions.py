"""Regions that share a law on people's data, as a client's file names them: countries, ``EU`` and ``EEA``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from config.countries import COUNTRIES, MISTAKEN

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_OUTERMOST = "AX GF GP MF MQ RE YT"

EU = frozenset(f"{_MEMBERS} {_OUTERMOST}".split())
"""The European Union, with the parts of Finland and France that have a code of their own and in which its law holds."""

EEA = EU | {"IS", "LI", "NO"}
"""The European Economic Area: https://www.efta.int/eea"""

_GROUPS = {"EEA": EEA, "EU": EU}
"""From the widest to the narrowest."""


def _region(value: str) -> str:
    if value not in _GROUPS and value not in COUNTRIES:
        likely = MISTAKEN.get(value, "GB")
        raise ValueError(f"EEA, EU, or a country in two capitals (ISO 3166-1 alpha-2) such as {likely}")
    return value


Region = Annotated[
    str,
    Field(
        pattern=r"^(?:EEA|[A-Z]{2})$",
        description="EEA, EU, or a country in two capitals (ISO 3166-1 alpha-2) such as GB",
    ),
    AfterValidator(_region),
]


def region_of_countries(regions: Iterable[str]) -> dict[str, str]:
    """For each country that ``regions`` cover the narrowest one that does: itself, before EU, before EEA."""
    named = set(regions)
    of_groups = {
        country: group for group, countries in _GROUPS.items() if group in named for country in countries
    }
    return of_groups | {country: country for country in named - _GROUPS.keys()}
