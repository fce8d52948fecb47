"""Stage entries become conversions: an id that is the same at every reading, a name, a value, a currency.

An id is the first 128 bits of the SHA-256 of client, source, object, record, stage and the ordinal of the entry into
that stage, which is always the first: re-entering a stage is not a new conversion.
"""

from __future__ import annotations

import hashlib

import polars as pl
import polars_hash as plh

from closedwon.pipeline.judging.columns import RuleColumns, currency_code
from closedwon.pipeline.judging.consent import read_consent, withheld
from closedwon.pipeline.judging.learned import learned_value
from closedwon.pipeline.judging.values import Value, compile_values
from closedwon.quality.versions import FrozenValues
from config.quality import LEARNED
from config.settings import ClientSettings

_SEPARATOR = "\x1f"
_FIRST_ENTRY = "0"
_EVENT_SOURCE = {"pos": "IN_STORE", "crm": "OTHER"}


def identify(entries: pl.DataFrame, client: str) -> pl.DataFrame:
    """``entries`` with ``event_id``; a record that entered a stage again has the same id twice."""
    parts = [
        pl.lit(client),
        *(pl.col(name) for name in ("source", "object", "record_id", "stage")),
        pl.lit(_FIRST_ENTRY),
    ]
    return entries.with_columns(
        pl.concat_str(parts, separator=_SEPARATOR).alias("event_id"),
    ).with_columns(plh.col("event_id").chash.sha2_256().str.slice(0, 32))


class Funnel:
    """A client's rules, compiled once: which stages each destination hears of, under which name and at which value.

    ``frozen`` are the values in use of stages whose value is learned; such a stage has none without.

    Raises:
        ValueExpressionError: a ``value`` of the client's file cannot be computed.
    """

    def __init__(self, settings: ClientSettings, frozen: FrozenValues | None = None) -> None:
        self._settings = settings
        self._columns = RuleColumns(settings)
        self._values = compile_values(settings, self._columns.schema) | {
            stage: learned_value(stage, frozen)
            for stage, conversion in settings.conversions.items()
            if conversion.value == LEARNED
        }

    def names(self, destination: str) -> dict[str, str]:
        """The event name or conversion action of each stage that ``destination`` is to hear of."""
        return {stage: name for stage, name in self._every_name(destination).items() if name is not None}

    @property
    def scaled_stages(self) -> list[str]:
        """Stages whose value follows the amount, and so shrinks with a refund."""
        return [stage for stage, value in self._values.items() if value.is_of_row]

    @property
    def learned_stages(self) -> dict[str, bool]:
        """Stages whose value is learned, each with whether one is in use."""
        return {stage: value.version is not None for stage, value in self._values.items() if value.is_learned}

    def conversions(self, entries: pl.DataFrame, destination: str, *, kind: str, system: str) -> pl.DataFrame:
        """The conversions among identified ``entries`` that ``destination`` should hear of.

        ``entries`` have ``kept``, the share of their amount that no refund took. Adds the columns
        of :mod:`uploads.base`, ``full_value``, the value before refunds, ``consent``, what it was judged under and
        why, ``consent_missing``, whether that is too little, ``needs_value``: whether the client's file asks for a
        value, ``rule``, a digest of how it asks, ``not_learned``: whether it asks for one that is not learned yet, and
        ``value_version``, the version of one that is.
        """
        readable = (
            self._columns.completed(entries)
            .with_columns(
                *read_consent(entries, self._settings),
                currency_code(),
                pl.col("entered_at").alias("event_time"),
                pl.lit(_EVENT_SOURCE[kind]).alias("event_source"),
                pl.lit(kind).alias("kind"),
                pl.lit(system).alias("system"),
            )
            .with_columns(consent_missing=withheld(self._settings.consent))
        )
        # Stage by stage, so that no expression meets a row that it was not written for.
        return pl.concat(
            self._worded(readable.filter(pl.col("stage") == stage) if name else readable.clear(), stage, name)
            for stage, name in self._every_name(destination).items()
        )

    def _every_name(self, destination: str) -> dict[str, str | None]:
        return {stage: getattr(rule, destination) for stage, rule in self._settings.conversions.items()}

    def _worded(self, rows: pl.DataFrame, stage: str, name: str | None) -> pl.DataFrame:
        """``rows``, all of ``stage``, under the name and at the value of its rule."""
        rule, value = self._settings.conversions[stage], self._values[stage]
        full = value.of(rows)
        return rows.with_columns(
            pl.lit(name, dtype=pl.String).alias("name"),
            full.alias("full_value"),
            (full * rows["kept"] if value.is_of_row else full).alias("value"),
            pl.lit(rule.value is not None).alias("needs_value"),
            pl.lit(_digest(rule.value, rule.currency, *filter(None, [value.version]))).alias("rule"),
            pl.lit(value.is_learned and value.version is None).alias("not_learned"),
            pl.lit(value.version, dtype=pl.String).alias("value_version"),
            pl.coalesce(self._currencies(rule.currency, value)).alias("currency"),
            pl.coalesce(pl.lit(rule.google_event_source, dtype=pl.String), "event_source").alias(
                "event_source"
            ),
        )

    def _currencies(self, rule: str | None, value: Value) -> list[pl.Expr]:
        """Where a currency is looked for: a figure of the row is in the row's, one of the file in the file's."""
        of_rule, of_client = (pl.lit(code, dtype=pl.String) for code in (rule, self._settings.currency))
        of_row = pl.col("currency")
        return [of_rule, of_row, of_client] if value.is_of_row else [of_rule, of_client, of_row]


def _digest(*rule: object) -> str:
    """What tells one rule for a value from another."""
    return hashlib.sha256(_SEPARATOR.join(map(str, rule)).encode()).hexdigest()[:8]
