"""Invented leads whose true chances and amounts are known, in a ledger as a run would have left them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.bulk import insert_rows, upsert
from closedwon.ledger.incoming.intake import ENTRY_COLUMNS
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.schema import cursors, stage_entries
from config.settings import ClientSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_DAY = 86_400_000_000


def settings(**changes: Any) -> ClientSettings:
    """A client whose leads are qualified, lost or won in one CRM."""
    crm = {
        "type": "hubspot",
        "auth": {"flow": "service_key", "token": "invented-token"},
        "stages": {
            "contact.lifecyclestage": {"Lead": "lead", "Qualified": "qualified", "Lost": "lost"},
            "deal.dealstage": {"Won": "won"},
        },
        "fields": {"campaign": "campaign"},
    }
    given: dict[str, Any] = {
        "client": "acme",
        "timezone": "Europe/Paris",
        "country": "FR",
        "currency": "EUR",
        "sources": {"crm": crm},
        "funnel": ["lead", "qualified", "won"],
        "destinations": {"meta": {"dataset_id": "1234567890", "access_token": "invented-token"}},
        "conversions": {
            "qualified": {"value": "learned", "meta": "Qualified Lead"},
            "won": {"value": "amount", "meta": "Won"},
        },
        "consent": {"default": "granted"},
    }
    return ClientSettings.model_validate(given | changes)


@dataclass(frozen=True)
class World:
    """How leads fare: each is qualified or not, won or not, and lost where not won, at exponential delays."""

    qualifies: float = 0.4
    wins: float = 0.3
    days_to_win: float = 40
    days_to_loss: float = 30
    amount: float = 2_000
    spread: float = 0.5
    span_days: int = 360

    def value_of_qualified(self, horizon_days: int) -> float:
        """What a qualified lead is worth in truth, won within the horizon."""
        return self.wins * (1 - np.exp(-horizon_days / self.days_to_win)) * self.amount

    def leads(self, rng: np.random.Generator, count: int, campaign: str | None = None) -> pl.DataFrame:
        """The entries of ``count`` leads up to now; amounts are log-normal with mean ``amount``."""
        born = rng.uniform(0, self.span_days, count)
        qualified = rng.random(count) < self.qualifies
        won = qualified & (rng.random(count) < self.wins)
        qualified_at = born - rng.exponential(3, count)
        won_at = qualified_at - rng.exponential(self.days_to_win, count)
        lost_at = np.where(qualified, qualified_at, born) - rng.exponential(self.days_to_loss, count)
        paid = self.amount * np.exp(rng.normal(-(self.spread**2) / 2, self.spread, count))
        ids = np.char.add(f"{campaign or ''}L", np.arange(count).astype(str))
        parts = [
            entries(ids[here], stage, age[here], paid[here] if stage == "won" else None, campaign)
            for stage, here, age in (
                ("lead", np.full(count, True), born),
                ("qualified", qualified, qualified_at),
                ("won", won, won_at),
                ("lost", ~won, lost_at),
            )
        ]
        return pl.concat(parts).filter(pl.col("entered_at") <= microseconds(NOW))


def entries(
    records: Any, stage: str, days_ago: Any, amounts: Any = None, campaign: str | None = None
) -> pl.DataFrame:
    """Entries of ``records`` into a stage so many days ago; the record of a deal is another than its contact's."""
    of_deal = stage == "won"
    at = microseconds(NOW) - (np.asarray(days_ago) * _DAY).astype(np.int64)
    people = pl.Series(list(map(str, records)), dtype=pl.String)
    frame = pl.DataFrame({"person": people, "entered_at": at}).with_columns(
        event_id=pl.concat_str("person", pl.lit(stage)).hash().cast(pl.String),
        source=pl.lit("crm"),
        object=pl.lit("deal" if of_deal else "contact"),
        record_id=pl.concat_str(pl.lit("D" if of_deal else ""), "person"),
        stage=pl.lit(stage),
        time_known=pl.lit(value=True),
        amount=pl.lit(None, dtype=pl.Float64) if amounts is None else pl.Series(np.asarray(amounts, float)),
        campaign=pl.lit(campaign, dtype=pl.String),
    )
    missing = [name for name in ENTRY_COLUMNS if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing).select(
        ENTRY_COLUMNS
    )


def store(ledger: Ledger, *frames: pl.DataFrame, client: str = "acme") -> None:
    """Put entries into a ledger, as a run would that read the source to its end."""
    with ledger.writing() as connection:
        read = {"client": client, "source": "crm", "cursor": "{}", "rules": "1", "saved_at": 1}
        read["complete_at"] = microseconds(NOW)
        insert_rows(connection, upsert(connection, cursors).on_conflict_do_nothing(), pl.DataFrame([read]))
        statement = upsert(connection, stage_entries).on_conflict_do_nothing()
        for frame in frames:
            insert_rows(connection, statement, frame, client=client, read_at=microseconds(NOW))


def ago(days: float) -> datetime:
    """So many days before now."""
    return NOW - timedelta(days=days)
