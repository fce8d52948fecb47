"""Which audience a request told of, so that a platform's later word finds its members, and since when they leave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing more is heard of what was told before: no request of members was asked for yet."""
    op.add_column("requests", sa.Column("audience", sa.String(63)))
    op.add_column("audience_members", sa.Column("leaving_since", sa.BigInteger()))
