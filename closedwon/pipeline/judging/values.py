"""What a conversion is worth: a number, a column, or an SQL expression over the stage entry, never ``eval``.

An expression sees one row: the same entry has the same value in whichever batch it is read, and a row that spoils a
computation has no value itself but takes none from its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from polars.exceptions import PolarsError

from config.columns import EXTRA_PREFIX
from config.problems import closest
from config.quality import LEARNED
from config.settings import ClientSettings

ROW_FUNCTIONS = frozenset({
    "ABS", "CBRT", "CEIL", "CEILING", "DIV", "EXP", "FLOOR", "GREATEST", "LEAST", "LN", "LOG", "LOG10", "LOG2",
    "MOD", "POW", "POWER", "ROUND", "SIGN", "SQRT",
    "CAST", "COALESCE", "IF", "IFNULL", "NULLIF", "TRY_CAST",
    "CHAR_LENGTH", "CONCAT", "CONCAT_WS", "ENDS_WITH", "INITCAP", "LEFT", "LENGTH", "LOWER", "LTRIM", "POSITION",
    "REGEXP_LIKE", "REPLACE", "RIGHT", "RTRIM", "STARTS_WITH", "STRPOS", "SUBSTR", "SUBSTRING", "TRIM", "UPPER",
    "DATE_PART", "EXTRACT", "STRFTIME",
})  # fmt: skip
"""What an expression may call; aggregates and windows may not, nor DATE, which guesses a format from other rows."""

_SYNTAX = frozenset({
    "AND", "BETWEEN", "CASE", "ELSE", "FROM", "ILIKE", "IN", "LIKE", "NOT", "OR", "REGEXP", "RLIKE", "THEN", "WHEN",
    "DECIMAL", "FLOAT", "NUMERIC", "VARCHAR",
})  # fmt: skip
"""Words that may stand before a parenthesis and are no functions."""

_BEYOND_THE_ROW = frozenset({"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "OVER", "SELECT"})

# Comments and dollar quotes are no use in one line and would need a whole lexer to be told from operators.
_TOKEN = re.compile(
    r"""(?P<text>'[^']*') | (?P<name>"[^"]*"|`[^`]*`|[^\W\d][\w.]*)(?P<call>\s*\()? | (?P<mark>::|--|/\*|\$)""",
    re.VERBOSE,
)
_PLAIN_NAME = re.compile(r"[\w.]+")

_EXPECTED = "a number, a column, or an SQL expression such as amount * 0.35"
_ONE_ROW = "what one row tells by itself (arithmetic, CASE, COALESCE, ROUND, CAST(… AS DOUBLE), …)"
_NUMBER = "a number (text needs CAST(column AS DOUBLE); where a cell holds none, the conversion has no value)"


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


@dataclass(frozen=True)
class Value:
    """The compiled ``value`` of a conversion.

    Attributes:
        expression: float64; null where the client's file gives no value.
        is_of_row: whether figures of the row make it, which are in the row's currency; else those of the file do.
        is_learned: whether it is what was learned of the stage, in the ``version`` that is in use, if there is one.
    """

    expression: pl.Expr
    is_of_row: bool = False
    is_learned: bool = False
    version: str | None = None

    def of(self, rows: pl.DataFrame) -> pl.Series:
        """The values of ``rows``, named ``value``; null where a row has none or it cannot be computed."""
        try:
            return rows.with_columns(self.expression.alias("value"))["value"]
        except PolarsError:
            # Its message quotes people's cells, and one bad cell fails the whole frame: halve until it is alone.
            if rows.height <= 1:
                return pl.Series("value", [None] * rows.height, dtype=pl.Float64)
            half = rows.height // 2
            return pl.concat([self.of(rows.head(half)), self.of(rows.tail(-half))])


def compile_values(settings: ClientSettings, schema: Mapping[str, pl.DataType]) -> dict[str, Value]:
    """The value of each conversion, but for those that are learned.

    ``schema`` is that of the stage entries the expressions will see.

    Raises:
        ValueExpressionError: not an expression, an unknown column, more than one row, or a result that is no number.
    """
    return {
        stage: _compile(stage, conversion.value, schema)
        for stage, conversion in settings.conversions.items()
        if conversion.value != LEARNED
    }


def _compile(stage: str, value: float | str | None, schema: Mapping[str, pl.DataType]) -> Value:
    if value is None or isinstance(value, (int, float)):
        return Value(pl.lit(value, dtype=pl.Float64))
    sql = _TOKEN.sub(_as_polars_reads_it, value)
    # Before Polars reads it: a subquery may name a file, and its columns are looked up while it is compiled.
    _refuse_other_rows(stage, sql)
    try:
        expression = pl.sql_expr(sql)
    except PolarsError as error:
        raise ValueExpressionError(stage, _EXPECTED, got=f"{value!r} ({_first_line(error)})") from None
    columns = set(expression.meta.root_names())
    if expression.meta.has_multiple_outputs():
        raise ValueExpressionError(stage, "columns by their names, without wildcards", got=repr(value))
    _refuse_unknown_columns(stage, columns, schema)
    try:
        result = _empty_entry(schema).select(expression.alias("value")).schema["value"]
    except PolarsError as error:
        raise ValueExpressionError(stage, _NUMBER, got=f"{value!r} ({_first_line(error)})") from None
    if not (result.is_numeric() or result == pl.Null):
        raise ValueExpressionError(stage, _NUMBER, got=f"{value!r}, which is {result}")
    is_of_row = any(column == "amount" or column.startswith(EXTRA_PREFIX) for column in columns)
    return Value(expression.cast(pl.Float64), is_of_row)


def _as_polars_reads_it(token: re.Match[str]) -> str:
    """A token, with custom fields quoted, whose dot would be a struct's, and casts that give null where they fail."""
    name = token["name"] or ""
    if token["call"]:
        return f"TRY_CAST{token['call']}" if name.upper() == "CAST" else token[0]
    return f'"{name}"' if name.startswith(EXTRA_PREFIX) else token[0]


def _empty_entry(schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """A row to try an expression on: a cast that can never succeed, as of text to DATE, fails only on a text."""
    return pl.DataFrame(
        {name: ["" if dtype == pl.String else None] for name, dtype in schema.items()}, schema
    )


def _refuse_other_rows(stage: str, sql: str) -> None:
    for token in _TOKEN.finditer(sql):
        word = (token["name"] or "").upper()
        if token["mark"] == "::":
            raise ValueExpressionError(stage, "CAST(… AS DOUBLE)", got="'::'")
        if token["mark"]:
            raise ValueExpressionError(stage, "an expression without comments or $", got=repr(token["mark"]))
        if word in _BEYOND_THE_ROW or (token["call"] and word not in ROW_FUNCTIONS | _SYNTAX):
            raise ValueExpressionError(stage, _ONE_ROW, got=word, suggestion=closest(word, ROW_FUNCTIONS))


def _refuse_unknown_columns(stage: str, columns: set[str], schema: Mapping[str, pl.DataType]) -> None:
    for column in sorted(columns - schema.keys()):
        near = closest(column, schema)
        suggestion = near if near is None or _PLAIN_NAME.fullmatch(near) else f'"{near}"'
        raise ValueExpressionError(stage, "stage-entry columns only", got=repr(column), suggestion=suggestion)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
