"""Mistakes between keys: each key is fine by itself, and together they would silently do what nobody wants.

The checks read plain data, valid or not, so that they can be named together with the mistakes within keys.
What cannot be told from a part that is itself wrong is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from config.audience_agreement import audience_contradictions, stages_of_audiences
from config.destinations import DESTINATIONS
from config.identity import IdentitySettings
from config.plain_data import mapping_at, mappings_at, texts_at
from config.problems import Mistake, closest
from config.quality_agreement import quality_contradictions, stages_of_quality
from config.retention import RetentionSettings
from config.sources import stages_yielded_by
from config.sources.pos_agreement import contradictions


def disagreements(data: Mapping[str, Any]) -> list[Mistake]:
    """Every key of a client's ``data`` that another key contradicts, in the order of the checks."""
    checks = (
        _source_names,
        _times_of_records,
        _tills,
        _stages_nobody_yields,
        _repeated_stages,
        _destinations,
        _conversions,
        _retention,
        audience_contradictions,
        quality_contradictions,
    )
    return [mistake for check in checks for mistake in check(data)]


def _source_names(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in mapping_at(data, "sources"):
        if name in DESTINATIONS:
            yield Mistake(("sources", name), "a name that no destination has", got=repr(name))


def _times_of_records(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """A CRM's records know when they entered each stage; only a till's export has to be told where it says so."""
    for name, source in mappings_at(data, "sources").items():
        if "entered_at" in mapping_at(source, "fields"):
            yield Mistake(
                ("sources", name, "fields", "entered_at"),
                "a column other than entered_at, which follows from the record",
            )


def _tills(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, source in mappings_at(data, "sources").items():
        if source.get("type") == "pos_files":
            for one in contradictions(source):
                yield replace(one, path=("sources", name, *one.path))


def _stages_nobody_yields(data: Mapping[str, Any]) -> Iterator[Mistake]:
    sources = mappings_at(data, "sources")
    known = stages_yielded_by(sources.values())
    if not sources or known is None:
        return
    # A stage written in capitals is a mistake of its own, named where it is written.
    lowered = {stage.lower() for stage in known}
    asked: list[tuple[tuple[str | int, ...], str]] = [
        (("conversions", stage), stage) for stage in mapping_at(data, "conversions")
    ]
    asked += [(("funnel", n), stage) for n, stage in texts_at(data, "funnel")]
    asked += stages_of_audiences(data)
    asked += stages_of_quality(data)
    for path, stage in asked:
        if stage.lower() not in lowered:
            yield Mistake(
                path,
                f"a stage that a source yields ({', '.join(sorted(known)) or 'there is none'})",
                closest(stage, known),
                repr(stage),
            )


def _repeated_stages(data: Mapping[str, Any]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for n, stage in texts_at(data, "funnel"):
        if stage in seen:
            yield Mistake(("funnel", n), "each stage once", got=f"{stage!r} again")
        seen.add(stage)


def _destinations(data: Mapping[str, Any]) -> Iterator[Mistake]:
    destinations = data.get("destinations")
    if isinstance(destinations, Mapping) and all(value is None for value in destinations.values()):
        yield Mistake(("destinations",), f"at least one of {', '.join(DESTINATIONS)}")


def _conversions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    destinations = mapping_at(data, "destinations")
    # A misspelt destination is a mistake of its own, not also a missing one.
    spelt = bool(destinations) and set(destinations) <= set(DESTINATIONS)
    for stage, conversion in mappings_at(data, "conversions").items():
        path = ("conversions", stage)
        named = [name for name in DESTINATIONS if conversion.get(name) is not None]
        if not named:
            yield Mistake(path, "meta (an event name), google (the id of a conversion action), or both")
        for name in named:
            if spelt and destinations.get(name) is None:
                yield Mistake((*path, name), f"a destination that is set up: destinations.{name} is missing")
        if conversion.get("meta") == "Purchase" and conversion.get("value") is None:
            yield Mistake(path, "a value, because Meta refuses a Purchase without one")


def _retention(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """A refusal is heard only in a record that is remembered: no hash of it may be lent for longer."""
    try:
        identity = IdentitySettings.model_validate(data.get("identity", {}))
        retention = RetentionSettings.model_validate(data.get("retention", {}))
    except ValidationError:
        return
    lent, remembered = identity.keep_days, retention.history_days
    if not identity.stitch or lent <= remembered:
        return
    if "history_days" in mapping_at(data, "retention"):
        expected = f"{lent} days or more, as identity.keep_days is"
        yield Mistake(("retention", "history_days"), expected, got=str(remembered))
    else:
        expected = f"{remembered} days or fewer, as retention.history_days is"
        yield Mistake(("identity", "keep_days"), expected, got=str(lent))
