"""Mistakes between what is to be learned and the rest of a client's file.

As in :mod:`config.agreement`, what is read is plain data, valid or not, and what is itself wrong is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from config.document import KeyPath
from config.plain_data import mapping_at, mappings_at, texts_at
from config.problems import Mistake
from config.quality import LEARNED, QualitySettings, lost_stages, won_stage
from config.retention import RetentionSettings
from config.sources import stages_yielded_by


def quality_contradictions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Every key of ``data`` that what is to be learned contradicts."""
    try:
        quality = QualitySettings.model_validate(data.get("quality", {}))
    except ValidationError:
        return
    yield from _stages(quality)
    yield from _days(quality, data)
    yield from _learned(quality, data)


def stages_of_quality(data: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """The stages that ``quality`` names, each with where it stands."""
    quality = mapping_at(data, "quality")
    won = quality.get("won")
    named: list[tuple[KeyPath, str]] = [(("quality", "won"), won)] if isinstance(won, str) else []
    return named + [(("quality", "lost", n), stage) for n, stage in texts_at(quality, "lost")]


def _stages(quality: QualitySettings) -> Iterator[Mistake]:
    for n, stage in enumerate(quality.lost or ()):
        if stage == quality.won:
            yield Mistake(("quality", "lost", n), "a stage other than quality.won", got=repr(stage))


def _days(quality: QualitySettings, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Nobody older than the history can be followed to the horizon; the default gives way by itself."""
    if quality.horizon_days == QualitySettings().horizon_days:
        return
    try:
        remembered = RetentionSettings.model_validate(data.get("retention", {})).history_days
    except ValidationError:
        return
    looked_at = min(quality.history_days or remembered, remembered)
    if quality.horizon_days < looked_at:
        return
    where = "quality.history_days" if quality.history_days == looked_at else "retention.history_days"
    yield Mistake(
        ("quality", "horizon_days"),
        f"fewer days than {where}, which is {looked_at}",
        got=str(quality.horizon_days),
    )


def _learned(quality: QualitySettings, data: Mapping[str, Any]) -> Iterator[Mistake]:
    learned = {
        stage: conversion
        for stage, conversion in mappings_at(data, "conversions").items()
        if conversion.get("value") == LEARNED
    }
    if not learned:
        return
    won = won_stage(quality, [stage for _, stage in texts_at(data, "funnel")])
    yielded = stages_yielded_by(mappings_at(data, "sources").values())
    for stage, conversion in learned.items():
        path = ("conversions", stage, "value")
        if stage == won:
            yield Mistake(
                path, "amount or another value than learned: a lead that is won is worth what it paid"
            )
        if stage in lost_stages(quality, yielded or ()):
            yield Mistake(path, "another value than learned: a lead that is lost is worth nothing")
        if yielded is not None and won not in yielded:
            yield Mistake(path, "a stage at which leads are won, named under quality.won", got=repr(LEARNED))
        if conversion.get("currency") is not None:
            yield Mistake(
                ("conversions", stage, "currency"), "no currency: learned values are in the client's"
            )
    if data.get("currency") is None:
        yield Mistake(("currency",), "the currency that learned values are in, such as EUR")
