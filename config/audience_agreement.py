"""Mistakes between the keys of an audience, and between an audience and the rest of a client's file.

As in :mod:`config.agreement`, what is read is plain data, valid or not, and what is itself wrong is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from config.audiences import LONGEST_MEMBERSHIP, AudienceSettings
from config.destinations import DESTINATIONS
from config.document import KeyPath
from config.plain_data import mapping_at, mappings_at, texts_at
from config.problems import Mistake
from config.retention import RetentionSettings


def audience_contradictions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Every key of an audience in a client's ``data`` that another key contradicts."""
    for name, audience in mappings_at(data, "audiences").items():
        path = ("audiences", name)
        yield from _destinations(path, audience, mapping_at(data, "destinations"))
        yield from _stages(path, audience)
        yield from _values(path, audience)
        yield from _days(path, audience, data)


def stages_of_audiences(data: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """The stages that audiences name, each with where it stands."""
    return [
        (("audiences", name, key, n), stage)
        for name, audience in mappings_at(data, "audiences").items()
        for key in ("stages", "leave")
        for n, stage in texts_at(audience, key)
    ]


def _destinations(
    path: KeyPath, audience: Mapping[str, Any], destinations: Mapping[str, Any]
) -> Iterator[Mistake]:
    named = [name for name in DESTINATIONS if audience.get(name) is not None]
    if not named:
        yield Mistake(path, "meta, google, or both, each with the audience's name there")
    # A misspelt destination is a mistake of its own, not also a missing one.
    if not destinations or not set(destinations) <= set(DESTINATIONS):
        return
    for name in named:
        settings = destinations.get(name)
        if settings is None:
            yield Mistake((*path, name), f"a destination that is set up: destinations.{name} is missing")
        elif name == "meta" and isinstance(settings, Mapping) and settings.get("ad_account_id") is None:
            yield Mistake(
                (*path, name), "destinations.meta.ad_account_id, the account that audiences belong to"
            )
        elif isinstance(settings, Mapping) and settings.get("via") == "google_ads":
            yield Mistake(
                (*path, name),
                "destinations.google with via: data_manager, since Google closed customer lists to google_ads",
            )
        elif name == "google" and isinstance(settings, Mapping) and not settings.get("customer_match_terms"):
            yield Mistake(
                (*path, name),
                "destinations.google.customer_match_terms: accepted, once the account's owner has accepted them",
            )


def _stages(path: KeyPath, audience: Mapping[str, Any]) -> Iterator[Mistake]:
    joining = {stage for _, stage in texts_at(audience, "stages")}
    for n, stage in texts_at(audience, "leave"):
        if stage in joining:
            yield Mistake((*path, "leave", n), "a stage that is not among stages", got=repr(stage))


def _values(path: KeyPath, audience: Mapping[str, Any]) -> Iterator[Mistake]:
    if audience.get("value") is not None:
        return
    if audience.get("min_value") is not None:
        yield Mistake((*path, "min_value"), "a value beside it: what each member is worth")
    meta = mapping_at(audience, "meta")
    if str(meta.get("value_based", False)).lower() == "true":
        yield Mistake((*path, "meta", "value_based"), "a value in the audience: what each member is worth")


def _days(path: KeyPath, audience: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Mistake]:
    try:
        days = AudienceSettings.model_validate({"stages": ["any"], "days": audience.get("days", 180)}).days
        remembered = RetentionSettings.model_validate(data.get("retention", {})).history_days
    except ValidationError:
        return
    if audience.get("google") is not None and days > LONGEST_MEMBERSHIP:
        expected = f"{LONGEST_MEMBERSHIP} days or fewer, which is the most that Google takes"
        yield Mistake((*path, "days"), expected, got=str(days))
    elif days > remembered:
        expected = f"{remembered} days or fewer, as retention.history_days is"
        yield Mistake((*path, "days"), expected, got=str(days))
