"""A client's audiences, compiled once: which stage entries let somebody join or leave, and at what value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from closedwon.ledger.audiences.membership import Terms
from closedwon.ledger.audiences.states import Lane
from closedwon.pipeline.judging.columns import RuleColumns, currency_code
from closedwon.pipeline.judging.values import Value, ValueExpressionError, compile_values
from config.audiences import AudienceSettings
from config.settings import ClientSettings, ConversionSettings

_CONDITION = "a condition over the stage entry, such as amount > 500 or lead_source = 'Webinar'"

SPOKEN: dict[str, type[pl.DataType] | pl.DataType] = {
    "event_id": pl.String,
    "audience": pl.String,
    "joins": pl.Boolean,
    "entered_at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
    "full_value": pl.Float64,
}
"""Schema of what entries say of memberships, a row for each entry and audience."""


class AudienceExpressionError(Exception):
    """A ``where`` or a ``value`` of an audience that cannot be computed.

    Attributes:
        key: what must be mended, such as ``audiences.best.where``.
        expected, got, suggestion: as in :class:`config.Problem`.
    """

    def __init__(self, key: str, expected: str, got: str | None, suggestion: str | None) -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"{key}: expected {expected}, got {got}{hint}")
        self.key = key
        self.expected = expected
        self.got = got
        self.suggestion = suggestion


@dataclass(frozen=True)
class _Rule:
    """One audience: ``condition`` is 1.0 for the entries that it holds for."""

    name: str
    settings: AudienceSettings
    condition: Value
    value: Value


class AudienceRules:
    """The audiences of a client.

    Raises:
        AudienceExpressionError: a ``where`` or a ``value`` cannot be computed.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._columns = RuleColumns(settings)
        self._currency = settings.currency
        declared = settings.audiences
        values = self._compiled(settings, "value", {name: one.value for name, one in declared.items()})
        wheres = {name: one.where for name, one in declared.items()}
        conditions = self._compiled(
            settings, "where", {name: _as_number(one) for name, one in wheres.items()}
        )
        self._rules = [_Rule(name, one, conditions[name], values[name]) for name, one in declared.items()]

    def spoken(self, entries: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """What ``entries`` say of memberships: a frame of :data:`SPOKEN`.

        ``entries`` are identified, have ``kept`` (the share of their amount that no refund took), ``may_join`` (whether
        consent lets the person join anything) and the consent columns as they were read. An entry in another currency
        than the client's adds no value to a member, for amounts of several currencies have no sum.
        """
        readable = self._columns.completed(entries)
        return pl.concat(
            [pl.DataFrame(schema=SPOKEN), *(self._of(rule, readable, now) for rule in self._rules)]
        )

    def _of(self, rule: _Rule, entries: pl.DataFrame, now: datetime) -> pl.DataFrame:
        since = pl.lit(now - timedelta(days=rule.settings.days))
        recent = entries.filter(pl.col("entered_at") > since)
        leaving = recent.filter(pl.col("stage").is_in(rule.settings.leave))
        joining = recent.filter(
            pl.col("stage").is_in(rule.settings.stages), pl.col("may_join"), pl.col("kept") > 0
        )
        joining = joining.filter((rule.condition.of(joining) == 1).fill_null(value=False))
        scales = rule.value.is_of_row
        usable = pl.col("full").is_finite() & (pl.col("full") >= 0)
        counts = usable & ~self._is_foreign() if scales else usable
        full = pl.when(counts).then(pl.col("full").round(6))
        told = joining.with_columns(full=rule.value.of(joining)).select(
            "event_id",
            "entered_at",
            joins=pl.lit(value=True),
            value=(full * pl.col("kept")).round(6) if scales else full,
            full_value=full if scales else pl.lit(None, dtype=pl.Float64),
        )
        nothing = pl.lit(None, dtype=pl.Float64)
        left = leaving.select(
            "event_id", "entered_at", joins=pl.lit(value=False), value=nothing, full_value=nothing
        )
        return pl.concat([told, left]).with_columns(audience=pl.lit(rule.name)).select(*SPOKEN)

    def _is_foreign(self) -> pl.Expr:
        return (currency_code() != pl.lit(self._currency, dtype=pl.String)).fill_null(value=False)

    def _compiled(
        self, settings: ClientSettings, key: str, values: Mapping[str, float | str | None]
    ) -> dict[str, Value]:
        """``values`` as a conversion's are compiled, so that the same rules hold for both."""
        as_conversions = {name: ConversionSettings(value=value) for name, value in values.items()}
        whole = settings.model_copy(update={"conversions": as_conversions})
        try:
            return compile_values(whole, self._columns.schema)
        except ValueExpressionError as error:
            written = getattr(settings.audiences[error.stage], key)
            # What quotes the whole expression says that it is none; the rest names a word within it.
            is_whole = error.got is not None and repr(values[error.stage]) in error.got
            expected = _CONDITION if is_whole and key == "where" else error.expected
            raise AudienceExpressionError(
                f"audiences.{error.stage}.{key}",
                expected,
                repr(written) if is_whole else error.got,
                error.suggestion,
            ) from None


def terms_of(settings: ClientSettings) -> dict[Lane, Terms]:
    """What holds for each audience that the client's file declares, at each destination that it names."""
    return {
        (destination, name): Terms(
            days=audience.days,
            least=audience.min_value,
            valued=destination == "meta" and audience.meta is not None and audience.meta.value_based,
            renewed=destination == "google",
        )
        for name, audience in settings.audiences.items()
        for destination in settings.destinations.configured()
        if getattr(audience, destination) is not None
    }


def _as_number(where: str | None) -> float | str:
    """A condition as a value: 1 where it holds, and for everybody where there is none."""
    return 1.0 if where is None else f"CASE WHEN ({where}) THEN 1.0 ELSE 0.0 END"
