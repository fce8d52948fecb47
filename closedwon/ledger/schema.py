"""The ledger's tables.

Every time is UTC in whole microseconds since the epoch: one form that sorts, compares and travels through Arrow
alike on SQLite and PostgreSQL. Person data stands here only as hashes and click ids, in ``deliveries.payload`` and
``identities.found``.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, text

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
    Column("event_id", String(32), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("stage", String(63), nullable=False),
    Column("name", Text, nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("value", Float),
    Column("full_value", Float),
    Column("currency", String(3)),
    Column("rule", String(8)),
    Column("told_value", Float),
    Column("told_currency", String(3)),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("payload", Text),
    Column("identifiers", Text),
    Column("carried", Text),
    Column("consent", Text),
    Column("expires_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("request_id", BigInteger),
    Column("queued_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
)
"""``value`` is what a conversion is worth, ``told_value`` what the platform was last told; null before.

``rule`` is a digest of the client's rule that gave the value; ``changed_at`` is null where there is nothing to tell.
"""

IS_UNSETTLED = "state IN ('queued', 'sending', 'held')"
IS_SETTLED = "state IN ('accepted', 'rejected', 'expired', 'skipped')"
IS_CHANGED = "changed_at IS NOT NULL"
IS_CARRYING = "carried IS NOT NULL"
"""Conditions of partial indexes; a statement that is to use one has the very words."""

for _name, _columns, _condition in (
    ("deliveries_unsettled", ("client", "destination", "state", "expires_at"), IS_UNSETTLED),
    (
        "deliveries_settled",
        ("client", "destination", "state", "reason", "told_currency", "told_value"),
        IS_SETTLED,
    ),
    ("deliveries_changed", ("client", "destination", "event_id"), IS_CHANGED),
    ("deliveries_carrying", ("client", "event_id"), IS_CARRYING),
):
    Index(
        _name,
        *(deliveries.c[column] for column in _columns),
        sqlite_where=text(_condition),
        postgresql_where=text(_condition),
    )

restatements = Table(
    "restatements",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("client", String(63), nullable=False),
    Column("event_id", String(32), nullable=False),
    Column("destination", String(63), nullable=False),
    Column("request_id", BigInteger, nullable=False),
    Column("value_before", Float),
    Column("value", Float),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text),
    Column("answered_at", BigInteger, nullable=False),
    Index("restatements_by_event", "client", "event_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("run_id", BigInteger, nullable=False),
    Column("client", String(63), nullable=False),
    Column("destination", String(63), nullable=False),
    Column("kind", String(16), nullable=False, server_default="send"),
    Column("answered_at", BigInteger, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text),
    Column("platform_request_id", Text),
    Column("answer", Text),
    Column("processing", String(32)),
    Column("asked_at", BigInteger),
    Column("failed", Text),
    Column("warnings", Text),
)
"""``processing`` is what the platform said later: null where it never does, ``pending`` before it did."""

IS_PENDING = "processing = 'pending'"
Index(
    "requests_pending",
    requests.c.client,
    requests.c.destination,
    requests.c.answered_at,
    sqlite_where=text(IS_PENDING),
    postgresql_where=text(IS_PENDING),
)
Index("requests_by_lane", requests.c.client, requests.c.destination, requests.c.answered_at)

leases = Table(
    "leases",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
)
"""Who runs a client. ``epoch`` grows with each holder, so that one who lost the lease is known by an old number."""

forgotten = Table(
    "forgotten",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("forgotten_at", BigInteger, nullable=False),
)
"""Keyed digests of people who are to be kept out: of an e-mail address, a phone number or a record's id."""

digest_keys = Table(
    "digest_keys",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("value", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
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
