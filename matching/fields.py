"""Which field goes to which platform, as what, in which form: the table to check against their pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from matching import addresses, birth_dates, clicks, demographics
from matching import normalize as person
from matching.cells import Normalizer

Platform = Literal["meta", "google"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)

_META_PERSON = "https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters"
_META_CLICK = (
    "https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/fbp-and-fbc"
)
_GOOGLE_PERSON = "https://developers.google.com/data-manager/api/devguides/concepts/formatting"
_GOOGLE_CLICK = "https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest#AdIdentifiers"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one stage-entry column becomes one identifier of one platform.

    Attributes:
        column: the stage-entry column.
        output: the platform's name for it; where two columns feed one, the first in the table wins.
        normalize: from clean text to the platform's normal form.
        form: sent as SHA-256, or in clear.
        page: where the platform says so.
        opaque: the advertiser's own id, in which 32 hex digits are an id and not an MD5.
    """

    platform: Platform
    column: str
    output: str
    normalize: Normalizer
    form: Literal["hashed", "plain"]
    page: str
    opaque: bool = False


FIELDS: tuple[FieldRule, ...] = (
    FieldRule("meta", "email", "em", person.meta_email, "hashed", _META_PERSON),
    FieldRule("meta", "phone", "ph", person.meta_phone, "hashed", _META_PERSON),
    FieldRule("meta", "first_name", "fn", person.meta_name, "hashed", _META_PERSON),
    FieldRule("meta", "last_name", "ln", person.meta_name, "hashed", _META_PERSON),
    FieldRule("meta", "date_of_birth", "db", birth_dates.birth_date, "hashed", _META_PERSON),
    FieldRule("meta", "gender", "ge", demographics.gender, "hashed", _META_PERSON),
    FieldRule("meta", "city", "ct", addresses.meta_city, "hashed", _META_PERSON),
    FieldRule("meta", "state", "st", addresses.meta_state, "hashed", _META_PERSON),
    FieldRule("meta", "postal_code", "zp", addresses.meta_postal_code, "hashed", _META_PERSON),
    FieldRule("meta", "country", "country", addresses.meta_country, "hashed", _META_PERSON),
    FieldRule("meta", "external_id", "external_id", person.external_id, "hashed", _META_PERSON, opaque=True),
    FieldRule("meta", "fbc", "fbc", clicks.fbc, "plain", _META_CLICK),
    FieldRule("meta", "fbclid", "fbc", clicks.fbc_from_fbclid, "plain", _META_CLICK),
    FieldRule("meta", "fbp", "fbp", clicks.fbp, "plain", _META_CLICK),
    FieldRule("meta", "meta_lead_id", "lead_id", clicks.lead_id, "plain", _META_PERSON),
    FieldRule("meta", "client_ip", "client_ip_address", clicks.ip_address, "plain", _META_PERSON),
    FieldRule("meta", "user_agent", "client_user_agent", clicks.user_agent, "plain", _META_PERSON),
    FieldRule("google", "email", "email", person.google_email, "hashed", _GOOGLE_PERSON),
    FieldRule("google", "phone", "phone", person.google_phone, "hashed", _GOOGLE_PERSON),
    FieldRule("google", "first_name", "given_name", person.google_given_name, "hashed", _GOOGLE_PERSON),
    FieldRule("google", "last_name", "family_name", person.google_family_name, "hashed", _GOOGLE_PERSON),
    FieldRule("google", "postal_code", "postal_code", addresses.google_postal_code, "plain", _GOOGLE_PERSON),
    FieldRule("google", "country", "region_code", addresses.google_region_code, "plain", _GOOGLE_PERSON),
    FieldRule("google", "gclid", "gclid", clicks.click_id, "plain", _GOOGLE_CLICK),
    FieldRule("google", "gbraid", "gbraid", clicks.click_id, "plain", _GOOGLE_CLICK),
    FieldRule("google", "wbraid", "wbraid", clicks.click_id, "plain", _GOOGLE_CLICK),
    FieldRule("google", "client_ip", "ip_address", clicks.ip_address, "plain", _GOOGLE_CLICK),
)


def rules_of(platform: Platform) -> tuple[FieldRule, ...]:
    """The rules of one platform, in the table's order."""
    return tuple(rule for rule in FIELDS if rule.platform == platform)


def outputs_of(platform: Platform) -> dict[str, tuple[FieldRule, ...]]:
    """Identifier name to the rules that may feed it, first choice first."""
    rules = rules_of(platform)
    return {
        name: tuple(rule for rule in rules if rule.output == name) for name in {r.output: None for r in rules}
    }
