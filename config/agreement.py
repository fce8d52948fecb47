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
from config.identity import IdentitySettings
from config.problems import Mistake, closest
from config.quality_agreement import quality_contradictions, stages_of_quality
from config.retention import RetentionSettings
from config.sources import yielded_stages
from config.sources.pos_agreement import contradictions

DESTINATIONS = ("meta", "google")


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


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[tuple[int, str]]:
    return (
        [(n, one) for n, one in enumerate(value) if isinstance(one, str)] if isinstance(value, list) else []
    )


def _source_names(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in _mapping(data, "sources"):
        if name in DESTINATIONS:
            yield Mistake(("sources", name), "a name that no destination has", got=repr(name))


def _times_of_records(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """A CRM's records know when they entered each stage; only a till's export has to be told where it says so."""
    for name, source in _mapping(data, "sources").items():
        if isinstance(source, Mapping) and "entered_at" in _mapping(source, "fields"):
            yield Mistake(
                ("sources", name, "fields", "entered_at"),
                "a column other than entered_at, which follows from the record",
            )


def _tills(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, source in _mapping(data, "sources").items():
        if isinstance(source, Mapping) and source.get("type") == "pos_files":
            for one in contradictions(source):
                yield replace(one, path=("sources", name, *one.path))


def _stages_nobody_yields(data: Mapping[str, Any]) -> Iterator[Mistake]:
    sources = [source for source in _mapping(data, "sources").values() if isinstance(source, Mapping)]
    yields = [yielded_stages(source) for source in sources]
    if not yields or any(stages is None for stages in yields):
        return
    known = {stage for stages in yields if stages is not None for stage in stages}
    # A stage written in capitals is a mistake of its own, named where it is written.
    lowered = {stage.lower() for stage in known}
    asked: list[tuple[tuple[str | int, ...], str]] = [
        (("conversions", stage), stage) for stage in _mapping(data, "conversions")
    ]
    asked += [(("funnel", n), stage) for n, stage in _texts(data.get("funnel"))]
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
    for n, stage in _texts(data.get("funnel")):
        if stage in seen:
            yield Mistake(("funnel", n), "each stage once", got=f"{stage!r} again")
        seen.add(stage)


def _destinations(data: Mapping[str, Any]) -> Iterator[Mistake]:
    destinations = data.get("destinations")
    if isinstance(destinations, Mapping) and all(value is None for value in destinations.values()):
        yield Mistake(("destinations",), f"at least one of {', '.join(DESTINATIONS)}")


def _conversions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    destinations = _mapping(data, "destinations")
    # A misspelt destination is a mistake of its own, not also a missing one.
    spelt = bool(destinations) and set(destinations) <= set(DESTINATIONS)
    for stage, conversion in _mapping(data, "conversions").items():
        if not isinstance(conversion, Mapping):
            continue
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
    if "history_days" in _mapping(data, "retention"):
        expected = f"{lent} days or more, as identity.keep_days is"
        yield Mistake(("retention", "history_days"), expected, got=str(remembered))
    else:
        expected = f"{remembered} days or fewer, as retention.history_days is"
        yield Mistake(("identity", "keep_days"), expected, got=str(lent))
