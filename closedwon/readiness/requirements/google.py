"""What Google requires of enhanced conversions for leads, and of value-based bidding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from closedwon.readiness.figures import Threshold, Unit, Verdict
from closedwon.readiness.funnels import heard_of
from closedwon.readiness.measures import google, identifiers, money, timing
from closedwon.readiness.measures.measure import over_windows
from closedwon.readiness.requirements.requirement import (
    ALL,
    DAILY,
    MOST,
    RATHER_YES,
    SOME,
    THIRD_PARTY,
    YES,
    Goal,
    Requirement,
    sent,
    since_first_run,
)
from config.destinations import GoogleDataManagerSettings
from config.settings import ClientSettings

_ADS = "https://developers.google.com/google-ads/api"
_START = f"{_ADS}/docs/conversions/getting-started"
_UPLOAD = f"{_ADS}/docs/conversions/upload-offline"
_ACTION = f"{_ADS}/reference/rpc/v26/ConversionAction"
_TRACKING = f"{_ADS}/reference/rpc/v26/ConversionTrackingSetting"
_UPLOAD_ERRORS = f"{_ADS}/reference/rpc/v26/ConversionUploadErrorEnum.ConversionUploadError"
_EVENT = "https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest#Event"
_DIAGNOSTICS = "https://developers.google.com/data-manager/api/devguides/diagnostics"

_NOT_JUDGED = "Google has not judged any yet"


def _told_google(settings: ClientSettings) -> list[str]:
    return list(heard_of(settings, "google"))


def _least(name: str) -> Callable[[ClientSettings], Threshold]:
    """The share that the client's file warns below; the default where its transport has no such setting."""
    default = GoogleDataManagerSettings.model_fields[name].default

    def threshold(settings: ClientSettings) -> Threshold:
        return Threshold(least=getattr(settings.destinations.google, name, default), otherwise=Verdict.WARN)

    return threshold


LEADS = (
    Requirement(
        Goal.GOOGLE_LEADS, "account_readable", "the account can be read through the Google Ads API",
        google.readable,
        Unit.YES, YES, _START,
        "enable the Google Ads API in the credentials' Cloud project, and give them access to the account",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "conversion_customer", "customer_id is the account that manages the conversions",
        google.account_setting(google.owns_conversions, lambda account: account.tracking.owner or "none yet"),
        Unit.YES, YES, _TRACKING,
        "set customer_id to the account that is named here, and take the conversion actions of that account",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "terms_accepted", "the customer data terms are accepted",
        google.account_setting(
            lambda _, account: account.tracking.terms_accepted,
            lambda account: "accepted" if account.tracking.terms_accepted else "not accepted",
        ),
        Unit.YES, YES, _TRACKING,
        "accept them in Google Ads, among the conversion settings",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "enhanced_conversions_on", "enhanced conversions are on for the account",
        google.account_setting(
            lambda _, account: account.tracking.enhanced_conversions == "ON",
            lambda account: account.tracking.enhanced_conversions or "Google does not say",
        ),
        Unit.YES, YES, _TRACKING,
        "turn them on in Google Ads, among the conversion settings",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_exists", "the stage's conversion action is in the account", google.exists,
        Unit.YES, YES, _START,
        "run closedwon setup google, or write the id of an action of this account",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_owner", "it belongs to customer_id",
        google.action_setting(google.owns_action, lambda action: action.owner or "Google itself"),
        Unit.YES, YES, _ACTION,
        "set customer_id to the account that owns the action",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_type", "it is an import from clicks",
        google.action_setting(
            lambda _known, _stage, action: action.type == "UPLOAD_CLICKS", lambda action: action.type
        ),
        Unit.YES, YES, _ACTION,
        "make another action with closedwon setup google: the type cannot be changed",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_enabled", "it is enabled",
        google.action_setting(
            lambda _known, _stage, action: action.status == "ENABLED", lambda action: action.status
        ),
        Unit.YES, YES, _ACTION,
        "enable it in Google Ads",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_category", "its category suits the stage",
        google.action_setting(google.has_suitable_category, lambda action: action.category),
        Unit.YES, RATHER_YES, _ACTION,
        "change its category in Google Ads: qualified lead, converted lead, or purchase for a till",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "action_counting", "it counts every conversion where clicks have a gbraid or wbraid",
        google.action_setting(google.counts_braids, lambda action: action.counting_type),
        Unit.YES, YES, _UPLOAD_ERRORS,
        "change its counting from one to every: Google refuses conversions of iOS clicks otherwise",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "click_id", "conversions with a click id",
        sent(identifiers.named("google", _told_google, "gclid", "gbraid", "wbraid")),
        Unit.SHARE, SOME, _UPLOAD,
        "store gclid, gbraid and wbraid with the lead, and map them",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "email", "conversions with an e-mail",
        sent(identifiers.named("google", _told_google, "email")),
        Unit.SHARE, SOME, _EVENT,
        "map the field that holds the e-mail",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "phone", "conversions with a phone number",
        sent(identifiers.named("google", _told_google, "phone")),
        Unit.SHARE, SOME, _EVENT,
        "map the field that holds the phone number",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "inside_window",
        "conversions sent within 90 days of the click, 63 without a click id",
        since_first_run(timing.inside_window("google", _told_google)),
        Unit.SHARE, MOST, _UPLOAD_ERRORS,
        "run sync every day at least; closedwon status says what expired",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "upload_delay", "hours until nine of ten conversions are accepted",
        since_first_run(timing.hours_until_accepted("google", _told_google)),
        Unit.HOURS, DAILY, THIRD_PARTY,
        "run sync every day at least",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "processed", "conversions that Google counted, of those that it judged",
        over_windows(google.processed_share, missing=_NOT_JUDGED),
        Unit.SHARE, _least("warn_processed_below"), _DIAGNOSTICS,
        "closedwon status --refresh says why they were not",
    ),
    Requirement(
        Goal.GOOGLE_LEADS, "matched", "conversions that belong to an ad, of those that it judged",
        over_windows(google.matched_share, missing=_NOT_JUDGED),
        Unit.SHARE, _least("warn_matched_below"), _DIAGNOSTICS,
        "send click ids, and e-mail and phone as people typed them on the website",
    ),
)  # fmt: skip

VALUES = (
    Requirement(
        Goal.GOOGLE_VALUES, "values_present", "conversions with a value", sent(money.with_value),
        Unit.SHARE, Threshold(least=0.99, otherwise=Verdict.WARN, hopeless=0.5), _ACTION,
        "give every conversion that Google hears of a value",
    ),
    Requirement(
        Goal.GOOGLE_VALUES, "values_vary", "conversions with another value than the commonest",
        over_windows(money.off_the_commonest, missing="no value was sent"),
        Unit.SHARE, Threshold(least=0.1, otherwise=Verdict.WARN, hopeless=1e-9), THIRD_PARTY,
        "let the value follow the amount, or send a second stage of another value: one value for all teaches nothing",
    ),
    Requirement(
        Goal.GOOGLE_VALUES, "currency", "values with a currency",
        sent(money.with_currency("google", _told_google)),
        Unit.SHARE, ALL, _EVENT,
        "set currency for the client, or for the conversion",
    ),
    Requirement(
        Goal.GOOGLE_VALUES, "default_value_off", "the action takes the values that are sent",
        google.action_setting(
            lambda _known, _stage, action: not action.always_use_default_value,
            lambda action: f"always {action.default_value}" if action.always_use_default_value else "sent values",
        ),
        Unit.YES, YES, _ACTION,
        "let the action use different values for each conversion, in Google Ads",
    ),
    Requirement(
        Goal.GOOGLE_VALUES, "primary_for_goal", "campaigns bid on the action",
        google.action_setting(
            lambda _known, _stage, action: action.primary_for_goal,
            lambda action: "primary" if action.primary_for_goal else "secondary",
        ),
        Unit.YES, RATHER_YES, _ACTION,
        "make the action that is to be optimised for primary, once its figures can be trusted",
    ),
    Requirement(
        Goal.GOOGLE_VALUES, "uploaded_within_7_days", "conversions accepted within 7 days",
        since_first_run(timing.accepted_within("google", _told_google, timedelta(days=7))),
        Unit.SHARE, MOST, THIRD_PARTY,
        "run sync every day at least: later ones are said to be left out of the bidder's model",
    ),
)  # fmt: skip
