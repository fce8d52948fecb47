"""What an order was worth before its refunds, which records were merged, and when a source was last reconciled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table; what is queued so far was reduced by no refund."""
    op.add_column("cursors", sa.Column("reconciled_at", sa.BigInteger()))
    op.add_column("deliveries", sa.Column("full_value", sa.Float()))
    op.execute("UPDATE deliveries SET full_value = value")
    of_refunds = sa.text("stage = 'refund'")
    op.create_index(
        "stage_entries_refunds",
        "stage_entries",
        ["client", "source", "order_id"],
        sqlite_where=of_refunds,
        postgresql_where=of_refunds,
    )
    op.create_table(
        "merges",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("source", sa.String(63), primary_key=True),
        sa.Column("object", sa.String(63), primary_key=True),
        sa.Column("record_id", sa.Text(), primary_key=True),
        sa.Column("merged_into", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("merges_by_winner", "merges", ["client", "source", "merged_into"])
