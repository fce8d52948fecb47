"""What stage entries say of their leads, and the versions of values that are learned from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table; of what was read before, its lead is not known until it is read again."""
    for column in (
        sa.Column("person", sa.String(32)),
        sa.Column("lead_created_at", sa.BigInteger()),
        sa.Column("lead_source", sa.Text()),
        sa.Column("campaign", sa.Text()),
        sa.Column("form", sa.Text()),
    ):
        op.add_column("stage_entries", column)
    op.add_column("deliveries", sa.Column("value_version", sa.String(16)))
    op.create_table(
        "value_versions",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("learned_at", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("learned", sa.Text(), nullable=False),
    )
