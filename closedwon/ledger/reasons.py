"""Why deliveries are skipped, held or given up, as the ledger keeps it: words that cost nothing to import."""

from __future__ import annotations

DELETED, MERGED, SENT_BEFORE_MERGE = "record_deleted", "record_merged", "sent_before_merge"
"""Why a delivery is skipped whose record is gone, or speaks for one that is."""

REFUNDED = "refunded"
"""Why a delivery is skipped whose order was given back altogether."""

TAKEN_BACK = "taken_back"
"""Why a delivery is skipped that has nothing left to be matched on."""

PERSON_FORGOTTEN = "person_forgotten"
"""Why a delivery is skipped whose person was forgotten."""

TOO_OLD = "expired_before_sent"
"""Why a delivery is given up that waited until the platform no longer took it."""

NOT_COUNTED = "not_counted"
"""Why a delivery is sent again or held that the platform had accepted and then did not count."""

PENDING = "pending"
"""Of a request that was accepted: what became of it, the platform has not said yet."""
