"""What platforms were told and say later, who runs a client, and who is to be kept out; leaner indexes.

Deliveries are rebuilt: with the event before the destination in their key, an index of their own for events is not
needed, and what is done no longer stands in the index from which batches are claimed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = (
    "client", "event_id", "destination", "stage", "name", "event_time", "value", "full_value", "currency", "state",
    "reason", "message", "payload", "identifiers", "carried", "expires_at", "attempts", "request_id", "queued_at",
    "updated_at",
)  # fmt: skip
_TOLD = ("told_value", "told_currency", "accepted_at")
_UNSETTLED = "state IN ('queued', 'sending', 'held')"
_SETTLED = "state IN ('accepted', 'rejected', 'expired', 'skipped')"
_CHANGED = "changed_at IS NOT NULL"
_CARRYING = "carried IS NOT NULL"
_PENDING = "processing = 'pending'"


def upgrade() -> None:
    """What is accepted was told as it stands; requests of before are not asked for."""
    _rebuild_deliveries()
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="send"),
        sa.Column("processing", sa.String(32)),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("failed", sa.Text()),
        sa.Column("warnings", sa.Text()),
    ):
        op.add_column("requests", column)
    _index("requests_pending", "requests", ("client", "destination", "answered_at"), _PENDING)
    op.create_index("requests_by_lane", "requests", ["client", "destination", "answered_at"])
    identifier = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "restatements",
        sa.Column("id", identifier, primary_key=True, autoincrement=True),
        sa.Column("client", sa.String(63), nullable=False),
        sa.Column("event_id", sa.String(32), nullable=False),
        sa.Column("destination", sa.String(63), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("value_before", sa.Float()),
        sa.Column("value", sa.Float()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("restatements_by_event", "restatements", ["client", "event_id"])
    op.create_table(
        "leases",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "forgotten",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("forgotten_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "digest_keys",
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
    )


def _rebuild_deliveries() -> None:
    op.create_table(
        "deliveries_rebuilt",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("event_id", sa.String(32), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("stage", sa.String(63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("full_value", sa.Float()),
        sa.Column("currency", sa.String(3)),
        sa.Column("rule", sa.String(8)),
        sa.Column("told_value", sa.Float()),
        sa.Column("told_currency", sa.String(3)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("payload", sa.Text()),
        sa.Column("identifiers", sa.Text()),
        sa.Column("carried", sa.Text()),
        sa.Column("consent", sa.Text()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("request_id", sa.BigInteger()),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    before = sa.table("deliveries", *map(sa.column, _KEPT))
    rebuilt = sa.table("deliveries_rebuilt", *map(sa.column, (*_KEPT, *_TOLD)))
    accepted = before.c.state == "accepted"
    told = (
        sa.case((accepted, column)) for column in (before.c.value, before.c.currency, before.c.updated_at)
    )
    op.execute(sa.insert(rebuilt).from_select([*_KEPT, *_TOLD], sa.select(before, *told)))
    op.drop_table("deliveries")
    op.rename_table("deliveries_rebuilt", "deliveries")
    _index("deliveries_unsettled", "deliveries", ("client", "destination", "state", "expires_at"), _UNSETTLED)
    settled = ("client", "destination", "state", "reason", "told_currency", "told_value")
    _index("deliveries_settled", "deliveries", settled, _SETTLED)
    _index("deliveries_changed", "deliveries", ("client", "destination", "event_id"), _CHANGED)
    _index("deliveries_carrying", "deliveries", ("client", "event_id"), _CARRYING)


def _index(name: str, table: str, columns: tuple[str, ...], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
