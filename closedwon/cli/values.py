"""Value expressions are checked before any client runs, with all mistakes of all files at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.judging.values import ValueExpressionError
from config import ClientFile, ConfigurationError, Problem


def check_values(files: Iterable[ClientFile]) -> None:
    """Compile the ``value`` of every conversion.

    Raises:
        ConfigurationError: with the file and line of each that cannot be computed.
    """
    if problems := [problem for file in files for problem in value_mistakes(file)]:
        raise ConfigurationError(problems)


def value_mistakes(file: ClientFile) -> list[Problem]:
    """The first ``value`` of the file that cannot be computed, if there is one."""
    try:
        Funnel(file.settings)
    except ValueExpressionError as error:
        return [_problem(file, error)]
    return []


def _problem(file: ClientFile, error: ValueExpressionError) -> Problem:
    key = f"conversions.{error.stage}.value"
    place, _, line = file.where(key).rpartition(":")
    return Problem(Path(place), int(line), key, error.expected, error.suggestion, error.got)
