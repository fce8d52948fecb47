"""What a conversion is worth: a number, a column, or an SQL expression over the stage entry, never ``eval``."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars.exceptions import PolarsError

from config.problems import closest
from config.settings import ClientSettings

_EXPECTED = "a number, a column, or an SQL expression such as amount * 0.35"


class ValueExpressionError(Exception):
    """A value that cannot be computed.

    Attributes:
        stage: the conversion whose ``value`` must be mended.
        expected, got, suggestion: as in :class:`config.Problem`.
    """

    def __init__(
        self, stage: str, expected: str, *, got: str | None = None, suggestion: str | None = None
    ) -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"conversions.{stage}.value: expected {expected}, got {got}{hint}")
        self.stage = stage
        self.expected = expected
        self.got = got
        self.suggestion = suggestion


def compile_values(settings: ClientSettings, schema: Mapping[str, pl.DataType]) -> dict[str, pl.Expr]:
    """The value of each conversion as a float64 expression; null where the client's file gives none.

    ``schema`` is that of the stage entries the expressions will see.

    Raises:
        ValueExpressionError: not an expression, an unknown column, or a result that is no number.
    """
    return {
        stage: _compile(stage, conversion.value, schema).cast(pl.Float64)
        for stage, conversion in settings.conversions.items()
    }


def _compile(stage: str, value: float | str | None, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    if value is None or isinstance(value, (int, float)):
        return pl.lit(value, dtype=pl.Float64)
    try:
        expression = pl.sql_expr(value)
    except PolarsError as error:
        raise ValueExpressionError(stage, _EXPECTED, got=f"{value!r} ({_first_line(error)})") from None
    for column in expression.meta.root_names():
        if column not in schema:
            raise ValueExpressionError(
                stage, "stage-entry columns only", got=repr(column), suggestion=closest(column, schema)
            )
    try:
        result = pl.DataFrame(schema=schema).select(expression.alias("value")).schema["value"]
    except PolarsError as error:
        raise ValueExpressionError(stage, _EXPECTED, got=f"{value!r} ({_first_line(error)})") from None
    if not (result.is_numeric() or result == pl.Null):
        raise ValueExpressionError(
            stage, "a number (write CAST(… AS DOUBLE) for a text column)", got=f"{value!r}, which is {result}"
        )
    return expression


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
