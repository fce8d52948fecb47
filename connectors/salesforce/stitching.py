"""A lead that converts keeps one identity: what the ad handed to the lead reaches the opportunity's "won"."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import polars as pl

from config.columns import (
    CLICK_COLUMNS,
    CONSENT_COLUMNS,
    EXTRA_PREFIX,
    MARKETING_COLUMNS,
    PERSON_COLUMNS,
)
from connectors.consents import REFUSED, agreed, agreed_among
from connectors.salesforce.api.client import Client
from connectors.salesforce.record_frames import record_frame
from connectors.salesforce.records.related import Related
from connectors.salesforce.schema.plan import ReadPlan
from connectors.stages import lead_created_at

_LONGEST_CLICK_AGE = timedelta(days=90)
"""No platform credits an older click, so an older lead of the same contact has nothing to lend."""

_BELONG_TOGETHER = (
    ("first_name", "last_name"),
    ("street", "city", "state", "postal_code", "country"),
)
"""A name and an address are one person's or the other's, never half of each."""

_LEAD = "lead."


class OriginReader:
    """Finds the lead that each opportunity came from.

    That is the lead that was converted into it, the earliest where there are several, with what all of them say of
    consent. For an opportunity that somebody made by hand it is the latest lead that was converted into its contact
    and into no opportunity, made up to 90 days before it: it was the way in, and the ad that brought it can still be
    credited.
    """

    def __init__(self, client: Client, plan: ReadPlan) -> None:
        self._client = client
        self._plan = plan

    def stitched(self, opportunities: pl.DataFrame) -> pl.DataFrame:
        """``opportunities`` (a record frame with ``contact``) completed by their leads, as :func:`completed` does."""
        return completed(opportunities, self._of(opportunities), self._plan.columns)

    def _of(self, opportunities: pl.DataFrame) -> pl.DataFrame:
        """The leads' record frame, with ``record`` the opportunity's id and ``lead`` the lead's."""
        ids = opportunities["record"].to_list()
        leads = self._leads("opportunity", ids)
        heard = leads.with_columns(
            agreed_among(name, group="opportunity", person="contact")
            for name in CONSENT_COLUMNS
            if name in leads.columns
        )
        converted = heard.unique("opportunity", keep="first", maintain_order=True)
        found = converted.with_columns(record="opportunity")
        rest = opportunities.join(found, on="record", how="anti")
        return pl.concat([found, self._by_contact(rest).select(found.columns)])

    def _by_contact(self, opportunities: pl.DataFrame) -> pl.DataFrame:
        wanted = opportunities.filter(pl.col("contact").is_not_null()).select(
            "record", "contact", made="created"
        )
        contacts = (
            wanted["contact"].unique(maintain_order=True).to_list() if "contact" in self._plan.facts else []
        )
        without_opportunity = f"{self._plan.facts['opportunity']} = null"
        leads = self._leads("contact", contacts, without_opportunity)
        return (
            wanted.sort("made")
            .join_asof(
                leads.with_columns(born="created").sort("born", "lead"),
                left_on="made",
                right_on="born",
                by="contact",
                strategy="backward",
                tolerance=_LONGEST_CLICK_AGE,
                coalesce=False,
                check_sortedness=False,
            )
            .filter(pl.col("lead").is_not_null())
        )

    def _leads(self, fact: str, ids: list[str], condition: str = "") -> pl.DataFrame:
        plan = self._plan
        reference = plan.facts.get(fact, plan.model.required[0])
        rows = Related(plan.model.name, reference, plan.select, condition).rows(self._client, ids)
        return record_frame(rows, plan).rename({"record": "lead"})


def completed(opportunities: pl.DataFrame, leads: pl.DataFrame, lent: Collection[str]) -> pl.DataFrame:
    """``opportunities`` with what they and their contacts lack taken from the leads that they came from.

    ``lead_created_at`` becomes the lead's, and ``lead`` is its id. Of a lead whose person is another one than the
    opportunity's, only what speaks of the ad is taken. A consent is never widened: where both records have one,
    they must say the same, and where only another person's lead has one, nobody agreed.

    Args:
        opportunities: a record frame, with ``contact``.
        leads: a record frame of leads, with ``record`` the opportunity's id and ``lead`` their own.
        lent: the stage-entry columns of the leads' plan.
    """
    columns = (*filter(_is_lent, lent), "lead_created_at")
    known = leads.with_columns(lead_created_at(leads))
    lenders = known.select("record", "lead", **{f"{_LEAD}{name}": name for name in (*columns, "contact")})
    joined = opportunities.join(lenders, on="record", how="left", maintain_order="left")
    own = joined.columns
    joined = joined.with_columns(
        pl.lit(None, dtype=lenders.schema[f"{_LEAD}{name}"]).alias(name)
        for name in columns
        if name not in own
    )
    return joined.with_columns(
        *(_filled(name, joined.columns) for name in columns), lead=pl.when(_same_person()).then("lead")
    ).drop(pl.selectors.starts_with(_LEAD))


def _is_lent(column: str) -> bool:
    """What a lead knows of the person and the ad; its amounts and orders are not the opportunity's."""
    lent = (*PERSON_COLUMNS, *CLICK_COLUMNS, *MARKETING_COLUMNS, *CONSENT_COLUMNS, "store")
    return column in lent or column.startswith(EXTRA_PREFIX)


def _filled(column: str, columns: Collection[str]) -> pl.Expr:
    own, lead = pl.col(column), pl.col(f"{_LEAD}{column}")
    if column in CONSENT_COLUMNS:
        applies = lead.is_null() | own.is_not_null() | _same_person()
        return pl.when(applies).then(agreed(own, lead)).otherwise(pl.lit(REFUSED)).alias(column)
    if column not in PERSON_COLUMNS:
        return pl.coalesce(own, lead).alias(column)
    group = next((group for group in _BELONG_TOGETHER if column in group), (column,))
    lacking = pl.all_horizontal(pl.col(name).is_null() for name in group if name in columns)
    return pl.when(_same_person() & lacking).then(lead).otherwise(own).alias(column)


def _same_person() -> pl.Expr:
    return pl.col("contact").is_null() | (pl.col("contact") == pl.col(f"{_LEAD}contact"))
