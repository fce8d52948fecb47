"""The words that a client's file and every room of the house share: the stage-entry columns."""

from __future__ import annotations

PERSON_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "date_of_birth",
    "gender",
    "street",
    "city",
    "state",
    "postal_code",
    "country",
    "external_id",
)
"""Who: personal data, in clear only in memory."""

CLICK_COLUMNS = (
    "gclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "fbc",
    "fbp",
    "meta_lead_id",
    "client_ip",
    "user_agent",
)
"""Where from: what the platforms themselves handed out, and the device that received it."""

MARKETING_COLUMNS = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "campaign",
    "lead_source",
    "form",
)

CONSENT_COLUMNS = ("ad_user_data", "ad_personalization")

ENTRY_COLUMNS = (
    "source",
    "object",
    "record_id",
    "stage",
    "stage_raw",
    "entered_at",
    "time_basis",
    "lead_created_at",
    "modified_at",
    "amount",
    "currency",
    "order_id",
    "items",
)
"""What happened: one person or order entering one funnel stage at one time.

``time_basis`` is :data:`LAST_MODIFIED` where ``entered_at`` is no more than the record's last change, and else null.
"""

TIME_COLUMNS = ("entered_at", "lead_created_at", "modified_at")
"""Moments in UTC; of the other columns ``amount`` is a number, and the rest is text."""

FILLED_COLUMNS = (
    "source",
    "object",
    "record_id",
    "stage",
    "stage_raw",
    "modified_at",
    "time_basis",
)
"""What every connector fills by itself: no client's file maps them."""

STAGE_ENTRY_COLUMNS = (
    *ENTRY_COLUMNS,
    *PERSON_COLUMNS,
    *CLICK_COLUMNS,
    *MARKETING_COLUMNS,
    *CONSENT_COLUMNS,
    "store",
)

MAPPABLE_COLUMNS = tuple(name for name in STAGE_ENTRY_COLUMNS if name not in FILLED_COLUMNS)
"""What a client's file may fill from fields of its own."""

REFUND_STAGE = "refund"
"""The stage of entries that give money back, whatever the purchases' stage is called."""

LAST_MODIFIED = "last_modified"
"""The ``time_basis`` of an entry whose time is only that of its record's last change."""

EXTRA_PREFIX = "extra."
"""Custom fields that only a rule names travel as ``extra.<name>`` columns."""


def is_stage_entry_column(name: str) -> bool:
    """Whether a frame of stage entries may have ``name``."""
    return name in STAGE_ENTRY_COLUMNS or (name.startswith(EXTRA_PREFIX) and len(name) > len(EXTRA_PREFIX))
