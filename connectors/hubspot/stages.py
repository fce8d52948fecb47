"""Which stage of the portal a name in the client's file means: an internal value, a label, ``Pipeline: Stage``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.hubspot.objects import DEAL, StageKey


@dataclass(frozen=True)
class Stage:
    """A stage that the portal has.

    Attributes:
        value: what records hold: the internal value of a lifecycle stage, the id of a deal's stage.
        label: what people see.
        name: the label, with its pipeline's where there are pipelines.
    """

    value: str
    label: str
    name: str


@dataclass(frozen=True)
class StageMap:
    """Stages by the values that records hold.

    Attributes:
        funnel: the funnel stage of each that the client's file maps.
        names: what people call each that the portal has.
    """

    funnel: Mapping[str, str]
    names: Mapping[str, str]


def lifecycle_stages(properties: Mapping[str, Mapping[str, Any]]) -> list[Stage]:
    """The portal's lifecycle stages, from the properties of contacts by name."""
    options = properties.get("lifecyclestage", {}).get("options") or ()
    return [Stage(str(one["value"]), str(one["label"]), str(one["label"])) for one in options]


def deal_stages(pipelines: Iterable[Mapping[str, Any]]) -> list[Stage]:
    """The stages of all deal pipelines."""
    return [
        Stage(str(stage["id"]), str(stage["label"]), f"{pipeline['label']}: {stage['label']}")
        for pipeline in pipelines
        for stage in pipeline["stages"]
    ]


def map_stages(
    key: StageKey, wanted: Mapping[str, str], offered: Sequence[Stage]
) -> tuple[StageMap, list[str]]:
    """Resolve the names of ``wanted``, and tell every mistake in them."""
    funnel: dict[str, str] = {}
    mistakes = []
    for name, stage in wanted.items():
        found = _called(name, offered)
        if len(found) != 1:
            mistakes.append(_mistake(key, name, found, offered))
        elif funnel.setdefault(found[0].value, stage) != stage:
            mistakes.append(
                f"stages.{key}: {name} is mapped twice, as {funnel[found[0].value]} and as {stage}"
            )
    return StageMap(funnel, {stage.value: stage.name for stage in offered}), mistakes


def _called(name: str, offered: Sequence[Stage]) -> list[Stage]:
    """The stages that ``name`` may mean, by the most exact reading that any stage answers to."""
    wanted = name.strip().casefold()
    readings = (
        [stage for stage in offered if stage.value == name],
        [stage for stage in offered if stage.name.casefold() == wanted],
        [stage for stage in offered if stage.label.casefold() == wanted],
    )
    return next(filter(None, readings), [])


def _mistake(key: StageKey, name: str, found: Sequence[Stage], offered: Sequence[Stage]) -> str:
    if found:
        several = " or ".join(f'"{stage.name}"' for stage in found)
        return f"stages.{key}: several pipelines have a stage {name}: write {several}"
    spelled = {
        spelling.casefold(): stage.name
        for stage in offered
        for spelling in (stage.value, stage.label, stage.name)
    }
    close = difflib.get_close_matches(name.casefold(), spelled, n=3, cutoff=0.6)
    names = list(dict.fromkeys(spelled[one] for one in close))
    noun = "stage of a deal pipeline" if key == DEAL.stage_key else "lifecycle stage"
    hint = f" (closest: {', '.join(names)})" if names else ""
    return f"stages.{key}: no {noun} is called {name}{hint}"
