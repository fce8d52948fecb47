"""Records and the times of their stages become a frame of stage entries, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import polars as pl

from config.columns import CLICK_COLUMNS, CONSENT_COLUMNS
from connectors.base import stage_entries
from connectors.hubspot.client import Json
from connectors.hubspot.history import STAMP, stamps
from connectors.hubspot.plan import ReadPlan
from connectors.hubspot.stages import StageMap

_TIMES = ("created", "modified_at", "lead_created_at")
_LAST_MODIFIED = "last_modified"
_THEIRS = "contact."
_REFUSED = "denied"
_DEVICE = ("client_ip", "user_agent")
_IDENTIFYING = ("email", "phone", *(name for name in CLICK_COLUMNS if name not in _DEVICE))


def record_frame(records: Sequence[Json], plan: ReadPlan) -> pl.DataFrame:
    """``records`` as :func:`~connectors.hubspot.history.stage_times` and :func:`entries_of` want them.

    The columns are ``record``, ``raw`` (the present stage), ``created``, ``modified_at`` and those of the plan.
    """
    model = plan.model
    dates = {"created": ("createdate",), "modified_at": (model.modified_property,)}
    return _frame(records, {"raw": (model.stage_property,), **dates, **plan.columns})


def contact_frame(records: Sequence[Json], plan: ReadPlan) -> pl.DataFrame:
    """The contacts of deals: ``record``, ``created`` and the columns that the plan takes from them."""
    return _frame(records, {"created": ("createdate",), **plan.of_contact})


def as_persons(contacts: pl.DataFrame) -> pl.DataFrame:
    """``contacts`` with ``external_id`` and ``lead_created_at``: their id and when they were created, if nothing else.

    The id only where something else identifies the person: one that no platform has seen beside an e-mail or a
    click matches nobody, and would let a conversion through that nothing can be matched with.
    """
    dated = contacts.with_columns(lead_created_at=_born(contacts))
    if "external_id" in contacts.columns:
        return dated
    known = [pl.col(name).is_not_null() for name in _IDENTIFYING if name in contacts.columns]
    identified = pl.any_horizontal(known) if known else pl.lit(value=False)
    return dated.with_columns(external_id=pl.when(identified).then("record"))


def with_contacts(deals: pl.DataFrame, contacts: pl.DataFrame, contact_of: Mapping[str, str]) -> pl.DataFrame:
    """``deals`` completed, where they have no value of their own, by the contacts that ``contact_of`` names.

    A consent is never widened: where both records have one, they must say the same.
    """
    names = [name for name in contacts.columns if name not in {"record", "created"}]
    theirs = contacts.select(
        pl.col("record").alias(_THEIRS), *(pl.col(name).alias(_THEIRS + name) for name in names)
    )
    pairs = pl.DataFrame(
        {"record": list(contact_of), _THEIRS: list(contact_of.values())},
        schema={"record": pl.String, _THEIRS: pl.String},
    )
    joined = deals.join(pairs, on="record", how="left", maintain_order="left").join(
        theirs, on=_THEIRS, how="left", maintain_order="left"
    )
    completed = [
        _completed(name) if name in deals.columns else pl.col(_THEIRS + name).alias(name) for name in names
    ]
    return joined.with_columns(completed).drop(_THEIRS, *(_THEIRS + name for name in names))


def _completed(name: str) -> pl.Expr:
    either = pl.coalesce(name, _THEIRS + name)
    if name not in CONSENT_COLUMNS:
        return either
    own, theirs = (pl.col(one).str.strip_chars().str.to_lowercase() for one in (name, _THEIRS + name))
    return pl.when(own != theirs).then(pl.lit(_REFUSED)).otherwise(either).alias(name)


def entries_of(
    times: pl.DataFrame,
    records: pl.DataFrame,
    stages: StageMap,
    *,
    source: str,
    object_name: str,
    currency: str | None,
) -> tuple[pd.DataFrame, Counter[str]]:
    """Stage entries, one a row of ``times`` whose stage is mapped, and how often each stage was not.

    ``amount`` is the record's present one for every stage that it passed, so that a change of amount restates
    all of its conversions alike.
    """
    staged = times.with_columns(
        stage=_replaced(stages.funnel, default=None),
        stage_raw=_replaced(stages.names, default=pl.col("raw")),
    )
    unmapped = staged.filter(pl.col("stage").is_null()).group_by("stage_raw").len()
    joined = (
        staged.filter(pl.col("stage").is_not_null())
        .drop("raw")
        .join(records.drop("raw"), on="record", how="inner", maintain_order="left")
    )
    theirs = pl.col("currency") if "currency" in joined.columns else pl.lit(None, dtype=pl.String)
    frame = joined.with_columns(
        currency=pl.coalesce(theirs, pl.lit(currency, dtype=pl.String)),
        lead_created_at=_born(joined),
        time_basis=pl.when("approximate").then(pl.lit(_LAST_MODIFIED)),
    ).drop("approximate", "created")
    entries = frame.rename({"record": "record_id", "at": "entered_at"})
    built = stage_entries(entries, source=source, object_name=object_name)
    return built, Counter(dict(unmapped.iter_rows()))


def _frame(records: Sequence[Json], columns: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """``record`` and, typed, the first value of some properties a column; an empty text is no value."""
    names = dict.fromkeys(name for choice in columns.values() for name in choice)
    texts = pl.DataFrame(
        [record["properties"] for record in records], schema=dict.fromkeys(names, pl.String)
    ).select(pl.all().replace("", None))
    ids = pl.Series([str(record["id"]) for record in records], dtype=pl.String)
    chosen = texts.select(pl.coalesce(choice).alias(column) for column, choice in columns.items())
    return chosen.insert_column(0, ids.alias("record")).with_columns(
        *(stamps(name).cast(STAMP).alias(name) for name in _TIMES if name in columns),
        *([pl.col("amount").cast(pl.Float64, strict=False)] if "amount" in columns else []),
    )


def _born(frame: pl.DataFrame) -> pl.Expr:
    return (
        pl.coalesce(["lead_created_at", "created"])
        if "lead_created_at" in frame.columns
        else pl.col("created")
    )


def _replaced(values: Mapping[str, str], default: pl.Expr | None) -> pl.Expr:
    return pl.col("raw").replace_strict(
        list(values), list(values.values()), default=default, return_dtype=pl.String
    )
