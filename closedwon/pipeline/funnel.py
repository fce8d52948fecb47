"""Stage entries become conversions: an id that is the same at every reading, a name, a value, a currency.

An id is the first 128 bits of the SHA-256 of client, source, object, record, stage and the ordinal of the entry into
that stage, which is always the first: re-entering a stage is not a new conversion.
"""

from __future__ import annotations

import polars as pl
import polars_hash as plh

from closedwon.pipeline.consent import read_consent
from closedwon.pipeline.values import compile_values
from config.columns import EXTRA_PREFIX, STAGE_ENTRY_COLUMNS
from config.settings import ClientSettings

_SEPARATOR = "\x1f"
_FIRST_ENTRY = "0"
_TIMES = ("entered_at", "lead_created_at", "modified_at")
_EVENT_SOURCE = {"pos": "IN_STORE", "crm": "OTHER"}


def identify(entries: pl.DataFrame, client: str) -> pl.DataFrame:
    """``entries`` with ``event_id``, one row for each: the earliest where a record entered a stage again."""
    parts = [
        pl.lit(client),
        *(pl.col(name) for name in ("source", "object", "record_id", "stage")),
        pl.lit(_FIRST_ENTRY),
    ]
    return (
        entries.with_columns(pl.concat_str(parts, separator=_SEPARATOR).alias("event_id"))
        .with_columns(plh.col("event_id").chash.sha2_256().str.slice(0, 32))
        .sort("entered_at", maintain_order=True)
        .unique("event_id", keep="first", maintain_order=True)
    )


class Funnel:
    """A client's rules, compiled once: which stages each destination hears of, under which name and at which value.

    Raises:
        ValueExpressionError: a ``value`` of the client's file cannot be computed.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._extras = sorted(
            column
            for source in settings.sources.values()
            for column in source.mapped_columns()
            if column.startswith(EXTRA_PREFIX)
        )
        self._values = compile_values(settings, self._schema())

    def conversions(self, entries: pl.DataFrame, destination: str, *, kind: str, system: str) -> pl.DataFrame:
        """The conversions among identified ``entries`` that ``destination`` should hear of.

        Adds the columns of :mod:`uploads.base`, and ``needs_value``: whether the client's file asks for a value.
        """
        rules = {
            stage: conversion
            for stage, conversion in self._settings.conversions.items()
            if getattr(conversion, destination) is not None
        }
        stage = pl.col("stage")
        chosen = entries.filter(stage.is_in(list(rules)))
        absent = [
            pl.lit(None, dtype=pl.String).alias(name) for name in self._extras if name not in entries.columns
        ]
        return chosen.with_columns(*absent, *read_consent(self._settings.consent)).with_columns(
            _by_stage({name: pl.lit(getattr(rule, destination)) for name, rule in rules.items()}).alias(
                "name"
            ),
            _by_stage({name: self._values[name] for name in rules}).alias("value"),
            _by_stage({name: pl.lit(rule.value is not None) for name, rule in rules.items()}).alias(
                "needs_value"
            ),
            pl.coalesce(
                _by_stage({name: pl.lit(rule.currency, dtype=pl.String) for name, rule in rules.items()}),
                pl.col("currency").str.strip_chars().str.to_uppercase(),
                pl.lit(self._settings.currency, dtype=pl.String),
            ).alias("currency"),
            _by_stage(
                {
                    name: pl.lit(rule.google_event_source or _EVENT_SOURCE[kind])
                    for name, rule in rules.items()
                }
            ).alias("event_source"),
            pl.col("entered_at").alias("event_time"),
            pl.lit(kind).alias("kind"),
            pl.lit(system).alias("system"),
        )

    def _schema(self) -> dict[str, pl.DataType]:
        return {
            **{name: pl.String() for name in (*STAGE_ENTRY_COLUMNS, *self._extras)},
            **{name: pl.Datetime("us", "UTC") for name in _TIMES},
            "amount": pl.Float64(),
        }


def _by_stage(choices: dict[str, pl.Expr]) -> pl.Expr:
    return pl.coalesce([pl.when(pl.col("stage") == stage).then(choice) for stage, choice in choices.items()])
