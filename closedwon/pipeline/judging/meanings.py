"""What reasons mean to a reader who does not run the software; apart from the gates, which need Polars."""

from __future__ import annotations

from closedwon.ledger.reasons import (
    DELETED,
    MERGED,
    NOT_COUNTED,
    PERSON_FORGOTTEN,
    REFUNDED,
    SENT_BEFORE_MERGE,
    TAKEN_BACK,
    TOO_OLD,
)

MEANING = {
    "already_known": "read before, with the same verdict",
    "consent_denied": "refused by the person, region or default, or the field's word is not a yes",
    "consent_missing": "nothing says that the person agreed: name the field under consent.fields, or, where all"
    " agreed, write consent: {default: granted}",
    "no_personalization_consent": "the person refused personalised ads, which Meta cannot be told",
    "time_not_known": "only the record's last change is known, and that may be any edit; turn on field history",
    "in_the_future": "the stage's time is more than a month ahead",
    "too_old": "older than the platform takes",
    "before_its_lead": "the stage is dated before its lead was created",
    "too_little_customer_information": "nothing that Meta could match the person by",
    "no_identifier": "no click id, e-mail, phone or whole address that Google could match the person by",
    "purchase_without_value": "Meta takes no purchase without a value",
    "value_not_learned": "its value is learned, and none is in use yet: closedwon values CLIENT shows what is known and"
    " what is missing, and with --freeze makes it count",
    "value_missing": "the conversion has no value, though the client's file asks for one",
    "value_not_finite": "the value is not a number",
    "value_negative": "the value is below zero",
    "currency_missing": "a value without a currency",
    "currency_unknown": "the currency is not one of ISO 4217",
    REFUNDED: "the whole order was given back",
    DELETED: "the record was deleted in its system",
    MERGED: "the record was merged into another, which speaks for it",
    SENT_BEFORE_MERGE: "the platform heard of the stage before the person's records were merged",
    TAKEN_BACK: "all that it could be matched on came from a record whose person took it back",
    PERSON_FORGOTTEN: "the person was forgotten, as they asked",
    "no_longer_wanted": "the client's file no longer sends this stage there",
    TOO_OLD: "it waited until the platform no longer took it",
    NOT_COUNTED: "the platform took it and said later that it did not count it; closedwon explain says why",
}
"""By the reason, as gates and the ledger name it."""
