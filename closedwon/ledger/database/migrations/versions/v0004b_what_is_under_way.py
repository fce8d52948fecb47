"""What is under way to a platform in a row a lane, and keys in which that stands first which differs most.

It stands between 0004 and 0005, so that every ledger of 0005 has it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004b"
down_revision = "0004"
branch_labels = None
depends_on = None

_SIGHTED = (
    "identity", "client", "external_id", "email", "phone", "name", "source", "object", "record_id", "known_at",
    "last_at", "found",
)  # fmt: skip
_UNSETTLED = "state IN ('queued', 'sending', 'held')"
_SETTLED = "state IN ('accepted', 'rejected', 'expired', 'skipped')"


def upgrade() -> None:
    """Nothing is under way: what a run of before was sending says so in its own row."""
    op.create_table(
        "claims",
        sa.Column("client", sa.String(63), primary_key=True),
        sa.Column("destination", sa.String(63), primary_key=True),
        sa.Column("event_ids", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
    )
    unsettled = ("client", "destination", "state", "expires_at", "event_time")
    settled = ("client", "destination", "state", "reason", "told_currency", "request_id", "told_value")
    for name, columns, condition in (
        ("deliveries_unsettled", unsettled, _UNSETTLED),
        ("deliveries_settled", settled, _SETTLED),
    ):
        op.drop_index(name, "deliveries")
        _index(name, "deliveries", columns, condition)
    _rebuild_identities()


def _rebuild_identities() -> None:
    op.create_table(
        "identities_rebuilt",
        sa.Column("identity", sa.String(32), primary_key=True),
        sa.Column("client", sa.String(63), primary_key=True),
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
    before = sa.table("identities", *map(sa.column, _SIGHTED))
    rebuilt = sa.table("identities_rebuilt", *map(sa.column, _SIGHTED))
    op.execute(sa.insert(rebuilt).from_select(_SIGHTED, sa.select(before)))
    op.drop_table("identities")
    op.rename_table("identities_rebuilt", "identities")
    for key in ("external_id", "email", "phone"):
        _index(f"identities_by_{key}", "identities", (key, "client"), f"{key} IS NOT NULL")
    op.create_index("identities_by_record", "identities", ["record_id", "client", "source"])
    op.create_index("identities_by_age", "identities", ["last_at", "client"])


def _index(name: str, table: str, columns: tuple[str, ...], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
