"""Expressions of conversions and audiences are checked before any client runs, with all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from closedwon.pipeline.audiences.rules import AudienceExpressionError, AudienceRules
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.judging.values import ValueExpressionError
from config import ClientFile, ConfigurationError, Problem


def check_values(files: Iterable[ClientFile]) -> None:
    """Compile the ``value`` of every conversion, and the expressions of every audience.

    Raises:
        ConfigurationError: with the file and line of each that cannot be computed.
    """
    if problems := [problem for file in files for problem in value_mistakes(file)]:
        raise ConfigurationError(problems)


def value_mistakes(file: ClientFile) -> list[Problem]:
    """The first ``value`` of a conversion and the first expression of an audience that cannot be computed."""
    found = []
    try:
        Funnel(file.settings)
    except ValueExpressionError as error:
        found.append(_problem(file, f"conversions.{error.stage}.value", error))
    try:
        AudienceRules(file.settings)
    except AudienceExpressionError as error:
        found.append(_problem(file, error.key, error))
    return found


def _problem(file: ClientFile, key: str, error: ValueExpressionError | AudienceExpressionError) -> Problem:
    place, _, line = file.where(key).rpartition(":")
    return Problem(Path(place), int(line), key, error.expected, error.suggestion, error.got)
