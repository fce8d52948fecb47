"""The ledger's tables.

Every time is UTC in whole microseconds since the epoch: one form that sorts, compares and travels through Arrow
alike on SQLite and PostgreSQL. Person data stands here only as hashes and click ids, in ``deliveries.payload`` and
``identities.found``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

from config.columns import REFUND_STAGE

metadata = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")

runs = Table(
    "runs",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("client", String(63), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("outcome", String(16), nullable=False),
    Column("report", Text),
    Index("runs_by_client", "client", "id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("source", String(63), primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("rules", String(32), nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("complete_at", BigInteger),
    Column("reconciled_at", BigInteger),
)

stage_entries = Table(
    "stage_entries",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("event_id", String(32), primary_key=True),
    Column("source", String(63), nullable=False),
    Column("object", String(63), nullable=False),
    Column("record_id", Text, nullable=False),
    Column("order_id", Text),
    Column("stage", String(63), nullable=False),
    Column("stage_raw", Text),
    Column("entered_at", BigInteger, nullable=False),
    Column("time_known", Boolean, nullable=False),
    Column("amount", Float),
    Column("currency", String(3)),
    Column("read_at", BigInteger, nullable=False),
    Index("stage_entries_by_record", "record_id"),
)
Index(
    "stage_entries_refunds",
    stage_entries.c.client,
    stage_entries.c.source,
    stage_entries.c.order_id,
    sqlite_where=stage_entries.c.stage == REFUND_STAGE,
    postgresql_where=stage_entries.c.stage == REFUND_STAGE,
)

merges = Table(
    "merges",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("source", String(63), primary_key=True),
    Column("object", String(63), primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("merged_into", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("merges_by_winner", "client", "source", "merged_into"),
)

identities = Table(
    "identities",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("identity", String(32), primary_key=True),
    Column("external_id", String(32)),
    Column("email", String(32)),
    Column("phone", String(32)),
    Column("name", String(32)),
    Column("source", String(63), nullable=False),
    Column("object", String(63), nullable=False),
    Column("record_id", Text, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("found", Text),
    Index("identities_by_record", "client", "source", "record_id"),
    Index("identities_by_age", "client", "last_at"),
)

for _key in (identities.c.external_id, identities.c.email, identities.c.phone):
    Index(
        f"identities_by_{_key.name}",
        identities.c.client,
        _key,
        sqlite_where=_key.is_not(None),
        postgresql_where=_key.is_not(None),
    )

deliveries = Table(
    "deliveries",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("event_id", String(32), primary_key=True),
    Column("stage", String(63), nullable=False),
    Column("name", Text, nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("value", Float),
    Column("full_value", Float),
    Column("currency", String(3)),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("payload", Text),
    Column("identifiers", Text),
    Column("carried", Text),
    Column("expires_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("request_id", BigInteger),
    Column("queued_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("deliveries_by_state", "client", "destination", "state", "expires_at"),
    Index("deliveries_by_event", "client", "event_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("run_id", BigInteger, nullable=False),
    Column("client", String(63), nullable=False),
    Column("destination", String(63), nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text),
    Column("platform_request_id", Text),
    Column("answer", Text),
)

rejects = Table(
    "rejects",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("source", String(63), primary_key=True),
    Column("file", Text, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("masked", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
