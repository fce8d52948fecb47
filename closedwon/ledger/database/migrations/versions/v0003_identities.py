"""The identity map, and on each delivery what it was matched on and what of it came from another record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table; what was sent before carries nothing that its own record did not have."""
    op.add_column("deliveries", sa.Column("identifiers", sa.Text()))
    op.add_column("deliveries", sa.Column("carried", sa.Text()))
    op.create_table(
        "identities",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("identity", sa.String(32), primary_key=True),
        sa.Column("external_id", sa.String(32)),
        sa.Column("email", sa.String(32)),
        sa.Column("phone", sa.String(32)),
        sa.Column("name", sa.String(32)),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("object", sa.String(63), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Text()),
    )
    for key in ("external_id", "email", "phone"):
        given = sa.text(f"{key} IS NOT NULL")
        op.create_index(
            f"identities_by_{key}",
            "identities",
            ["client", key],
            sqlite_where=given,
            postgresql_where=given,
        )
    op.create_index("identities_by_record", "identities", ["client", "source", "record_id"])
    op.create_index("identities_by_age", "identities", ["client", "last_at"])
