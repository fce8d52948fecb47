"""The first ledger: runs, cursors, stage entries, deliveries, requests and rejects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the first released version."""
    op.create_table(
        "cursors",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("source", sa.String(63), primary_key=True),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("rules", sa.String(32), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("complete_at", sa.BigInteger()),
    )
    op.create_table(
        "deliveries",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("event_id", sa.String(32), primary_key=True),
        sa.Column("stage", sa.String(63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("currency", sa.String(3)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("payload", sa.Text()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("request_id", sa.BigInteger()),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("deliveries_by_event", "deliveries", ["client", "event_id"])
    op.create_index("deliveries_by_state", "deliveries", ["client", "destination", "state", "expires_at"])
    op.create_table(
        "rejects",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("source", sa.String(63), primary_key=True),
        sa.Column("file", sa.Text(), primary_key=True),
        sa.Column("line", sa.Integer(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.String(63), nullable=False),
        sa.Column("destination", sa.String(63), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("platform_request_id", sa.Text()),
        sa.Column("answer", sa.Text()),
    )
    op.create_table(
        "runs",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("client", sa.String(63), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("report", sa.Text()),
    )
    op.create_index("runs_by_client", "runs", ["client", "id"])
    op.create_table(
        "stage_entries",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("event_id", sa.String(32), primary_key=True),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("object", sa.String(63), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("stage", sa.String(63), nullable=False),
        sa.Column("stage_raw", sa.Text()),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("time_known", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Float()),
        sa.Column("currency", sa.String(3)),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("stage_entries_by_record", "stage_entries", ["record_id"])
