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
    Column("person", String(32)),
    Column("lead_created_at", BigInteger),
    Column("lead_source", Text),
    Column("campaign", Text),
    Column("form", Text),
    Index("stage_entries_by_record", "record_id"),
)
"""``person`` is a digest of the CRM's own id of the person or the lead, which records of one journey share."""

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
    Column("identity", String(32), primary_key=True),
    Column("client", String(63), primary_key=True),
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
    Index("identities_by_record", "record_id", "client", "source"),
    Index("identities_by_age", "last_at", "client"),
)
"""What differs most stands first in its keys, so that a search compares nothing else: a sighting is in six of them."""

for _key in (identities.c.external_id, identities.c.email, identities.c.phone):
    Index(
        f"identities_by_{_key.name}",
        _key,
        identities.c.client,
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
    Column("value_version", String(16)),
)
"""``value`` is what a conversion is worth, ``told_value`` what the platform was last told; null before.

``rule`` is a digest of the client's rule that gave the value; ``changed_at`` is null where there is nothing to tell.
``value_version`` is the version of learned values that gave it; null where another rule did.
"""

IS_UNSETTLED = "state IN ('queued', 'sending', 'held')"
IS_SETTLED = "state IN ('accepted', 'rejected', 'expired', 'skipped')"
IS_CHANGED = "changed_at IS NOT NULL"
IS_CARRYING = "carried IS NOT NULL"
"""Conditions of partial indexes; a statement that is to use one has the very words.

In ``deliveries_settled`` the request stands before the value so that what is answered at once lies side by side.
"""

for _name, _columns, _condition in (
    ("deliveries_unsettled", ("client", "destination", "state", "expires_at", "event_time"), IS_UNSETTLED),
    (
        "deliveries_settled",
        ("client", "destination", "state", "reason", "told_currency", "request_id", "told_value"),
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

claims = Table(
    "claims",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("event_ids", Text, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
)
"""The deliveries of a lane that were taken to be sent and are not answered yet, as a JSON array of their event ids."""

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
    Column("audience", String(63)),
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
"""``audience`` is the one of whose members the request told; null where it told of conversions. ``processing`` is what
the platform said later: null where it never does, ``pending`` before it did."""

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

value_versions = Table(
    "value_versions",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("version", String(16), primary_key=True),
    Column("learned_at", BigInteger, nullable=False),
    Column("settings", Text, nullable=False),
    Column("learned", Text, nullable=False),
)
"""Values that were learned and frozen, as JSON, with the settings that they were learned under."""

audiences = Table(
    "audiences",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("audience", String(63), primary_key=True),
    Column("platform_id", Text),
    Column("lookalike_id", Text),
    Column("made_as", String(32)),
    Column("updated_at", BigInteger, nullable=False),
)
"""What stands for a client's audience at a platform; ``made_as`` is a digest of what it was to be."""

audience_entries = Table(
    "audience_entries",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("event_id", String(32), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("audience", String(63), primary_key=True),
    Column("person", String(32), nullable=False),
    Column("joins", Boolean, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("value", Float),
    Column("full_value", Float),
    Column("identifiers", Text),
    Column("ad_personalization", String(16)),
    Index("audience_entries_by_person", "client", "person"),
    Index("audience_entries_by_age", "client", "destination", "audience", "entered_at"),
)
"""What speaks for or against a person's membership: a row for each stage entry, audience and destination.

``person`` is the identity map's key of the person; ``full_value`` is the value before refunds, where they lower it.
"""

audience_people = Table(
    "audience_people",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("person", String(32), primary_key=True),
)
"""People whose memberships are to be worked out anew."""

audience_members = Table(
    "audience_members",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("destination", String(63), primary_key=True),
    Column("audience", String(63), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("value", Float),
    Column("identifiers", Text),
    Column("ad_personalization", String(16)),
    Column("renewed_at", BigInteger),
    Column("told", Text),
    Column("reason", Text),
    Column("message", Text),
    Column("request_id", BigInteger),
    Column("leaving_since", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Index("audience_members_by_state", "client", "destination", "audience", "state", "person"),
    Index("audience_members_by_person", "client", "person"),
)
"""Who is in an audience, or is to be. ``told`` is every set of identifiers that the platform may have of the person,
one a line, by which it is asked to remove them; null before it was told any. ``leaving_since`` is when it first was
to end the membership, in microseconds; null for who is to stay. ``renewed_at`` is the newest entry's time
where the platform forgets who is not added again, else null."""
