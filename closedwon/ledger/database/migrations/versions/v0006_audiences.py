"""Audiences: what speaks for a membership, who is a member, and what platforms call each audience."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is in an audience yet: the first run reads the sources anew."""
    op.create_table(
        "audiences",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("audience", sa.String(63), primary_key=True),
        sa.Column("platform_id", sa.Text()),
        sa.Column("lookalike_id", sa.Text()),
        sa.Column("made_as", sa.String(32)),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "audience_entries",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("event_id", sa.String(32), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("audience", sa.String(63), primary_key=True),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("joins", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("full_value", sa.Float()),
        sa.Column("identifiers", sa.Text()),
        sa.Column("ad_personalization", sa.String(16)),
    )
    op.create_index("audience_entries_by_person", "audience_entries", ["client", "person"])
    lane = ["client", "destination", "audience"]
    op.create_index("audience_entries_by_age", "audience_entries", [*lane, "entered_at"])
    op.create_table(
        "audience_people",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("person", sa.String(32), primary_key=True),
    )
    op.create_table(
        "audience_members",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("audience", sa.String(63), primary_key=True),
        sa.Column("person", sa.String(32), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("identifiers", sa.Text()),
        sa.Column("ad_personalization", sa.String(16)),
        sa.Column("renewed_at", sa.BigInteger()),
        sa.Column("told", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("request_id", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("audience_members_by_state", "audience_members", [*lane, "state", "person"])
    op.create_index("audience_members_by_person", "audience_members", ["client", "person"])
