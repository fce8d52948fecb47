"""Records as HubSpot gives them become frames under the names of stage entries, a deal completed by its contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from config.columns import CONSENT_COLUMNS
from connectors.consents import agreed
from connectors.external_ids import with_external_id
from connectors.hubspot.client import Json
from connectors.hubspot.history import STAMP, stamps
from connectors.hubspot.plan import ReadPlan
from connectors.stages import lead_created_at

_TIMES = ("created", "modified_at", "lead_created_at")
_THEIRS = "contact."


def record_frame(records: Sequence[Json], plan: ReadPlan) -> pl.DataFrame:
    """``records`` as :func:`~connectors.hubspot.history.stage_times` and
    :func:`~connectors.stages.entries_of` want them.

    The columns are ``record``, ``raw`` (the present stage), ``created``, ``modified_at`` and those of the plan.
    """
    model = plan.model
    dates = {"created": ("createdate",), "modified_at": (model.modified_property,)}
    return _frame(records, {"raw": (model.stage_property,), **dates, **plan.columns})


def contact_frame(records: Sequence[Json], plan: ReadPlan) -> pl.DataFrame:
    """The contacts of deals: ``record``, ``created`` and the columns that the plan takes from them."""
    return _frame(records, {"created": ("createdate",), **plan.of_contact})


def as_persons(contacts: pl.DataFrame) -> pl.DataFrame:
    """``contacts`` with ``external_id`` and ``lead_created_at``, for want of others their id and their creation."""
    return with_external_id(contacts.with_columns(lead_created_at(contacts)), "record")


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
    own, theirs = pl.col(name), pl.col(_THEIRS + name)
    return agreed(own, theirs).alias(name) if name in CONSENT_COLUMNS else pl.coalesce(own, theirs)


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
