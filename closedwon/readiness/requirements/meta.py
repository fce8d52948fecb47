"""What Meta requires of conversion leads, and of purchases in stores."""

from __future__ import annotations

from closedwon.readiness.figures import Threshold, Unit, Verdict
from closedwon.readiness.funnels import heard_of, lead_stages, store_stages
from closedwon.readiness.measures import funnel, identifiers, meta, money, timing
from closedwon.readiness.measures.measure import over_windows
from closedwon.readiness.requirements.requirement import (
    ALL,
    DAILY,
    MOST,
    SOME,
    THIRD_PARTY,
    YES,
    Goal,
    Requirement,
    of_leads,
    sent,
    since_first_run,
)
from config.settings import ClientSettings

_CAPI = "https://developers.facebook.com/documentation/ads-commerce/conversions-api"
_CRM = f"{_CAPI}/conversion-leads-integration"
_FAQ = f"{_CRM}/faq"
_EVENTS = f"{_CRM}/payload-specification"
_SERVER_EVENTS = f"{_CAPI}/parameters/server-event"
_OFFLINE = f"{_CAPI}/offline-events"
_QUALITY = f"{_CAPI}/dataset-quality-api/offline-events"


def told_meta(settings: ClientSettings) -> list[str]:
    """Stages of a lead that Meta hears of."""
    return [stage for stage in lead_stages(settings) if stage in heard_of(settings, "meta")]


def sold_in_stores(settings: ClientSettings) -> list[str]:
    """Stages of a till that Meta hears of."""
    return [stage for stage in store_stages(settings) if stage in heard_of(settings, "meta")]


LEADS = (
    Requirement(
        Goal.META_LEADS, "dataset_reachable", "the token can see the dataset", meta.reachable,
        Unit.YES, YES, _CRM,
        "give the token's system user the dataset, with permission to manage it",
    ),
    Requirement(
        Goal.META_LEADS, "leads_a_month", "200 leads a month", of_leads(funnel.leads_a_month),
        Unit.COUNT, Threshold(least=200), _CRM,
        "optimise for leads, or for an earlier stage of more campaigns together, until there are more",
    ),
    Requirement(
        Goal.META_LEADS, "stages_sent", "two stages at least, better three",
        sent(funnel.stages_accepted("meta")),
        Unit.COUNT, Threshold(least=3, otherwise=Verdict.WARN, hopeless=2), _EVENTS,
        "give more stages a meta: name under conversions",
    ),
    Requirement(
        Goal.META_LEADS, "raw_lead_sent", "the raw lead is among them", sent(funnel.raw_lead_accepted("meta")),
        Unit.YES, YES, _FAQ,
        "give the funnel's first stage a meta: name under conversions",
    ),
    Requirement(
        Goal.META_LEADS, "lead_coverage", "raw leads that Meta has with a lead id, a click id or an e-mail",
        of_leads(identifiers.leads_covered),
        Unit.SHARE, Threshold(least=0.6, otherwise=Verdict.WARN), THIRD_PARTY,
        "map the fields that hold Meta's lead id, the click id and the e-mail; closedwon status says what was skipped",
    ),
    Requirement(
        Goal.META_LEADS, "lead_id", "events with Meta's lead id",
        sent(identifiers.named("meta", told_meta, "lead_id")),
        Unit.SHARE, Threshold(least=0.6, otherwise=Verdict.WARN), _CRM,
        "map meta_lead_id to the CRM field that keeps the lead form's id",
    ),
    Requirement(
        Goal.META_LEADS, "click_id", "events with a click id",
        sent(identifiers.named("meta", told_meta, "fbc")),
        Unit.SHARE, SOME, _CRM,
        "store fbclid with the lead, and map it",
    ),
    Requirement(
        Goal.META_LEADS, "email", "events with an e-mail", sent(identifiers.named("meta", told_meta, "em")),
        Unit.SHARE, SOME, _CRM,
        "map the CRM field that holds the e-mail",
    ),
    Requirement(
        Goal.META_LEADS, "phone", "events with a phone number",
        sent(identifiers.named("meta", told_meta, "ph")),
        Unit.SHARE, SOME, _CRM,
        "map the CRM field that holds the phone number",
    ),
    Requirement(
        Goal.META_LEADS, "stage_rate", "share of leads that reach the stage", of_leads(funnel.stage_rates),
        Unit.SHARE, Threshold(funnel.RATE_LEAST, funnel.RATE_MOST, Verdict.WARN), _CRM,
        "optimise for another stage: this one is too rare or too common to tell good leads from others",
    ),
    Requirement(
        Goal.META_LEADS, "days_to_stage", "days from lead to stage, the median",
        over_windows(funnel.days_to_stage, missing="no entry of it says when its lead was created"),
        Unit.DAYS, Threshold(most=funnel.LONGEST_DELAY.days, otherwise=Verdict.WARN), _CRM,
        "optimise for an earlier stage: Meta learns from what happens within 28 days of the lead",
    ),
    Requirement(
        Goal.META_LEADS, "share_within_28_days", "entries of the stage within 28 days of the lead",
        over_windows(funnel.share_in_time, missing="no entry of it says when its lead was created"),
        Unit.SHARE, Threshold(least=0.5, otherwise=Verdict.WARN), _CRM,
        "optimise for an earlier stage: of the later entries Meta learns nothing",
    ),
    Requirement(
        Goal.META_LEADS, "stage_to_optimise", "stages of 1% to 40% of leads, within 28 days",
        of_leads(funnel.stages_to_optimise),
        Unit.COUNT, Threshold(least=1), _CRM,
        "add a stage between the raw lead and the sale that a part of the leads reaches soon",
    ),
    Requirement(
        Goal.META_LEADS, "inside_window", "conversions sent within the 7 days that Meta takes them",
        since_first_run(timing.inside_window("meta", told_meta)),
        Unit.SHARE, MOST, _SERVER_EVENTS,
        "run sync every day at least; closedwon status says what expired",
    ),
    Requirement(
        Goal.META_LEADS, "upload_delay", "hours until nine of ten conversions are accepted",
        since_first_run(timing.hours_until_accepted("meta", told_meta)),
        Unit.HOURS, DAILY, _CRM,
        "run sync every day at least, better every hour",
    ),
    Requirement(
        Goal.META_LEADS, "currency", "values with a currency", sent(money.with_currency("meta", told_meta)),
        Unit.SHARE, ALL, _SERVER_EVENTS,
        "set currency for the client, or for the conversion",
    ),
)  # fmt: skip

STORES = (
    Requirement(
        Goal.META_STORES, "dataset_reachable", "the token can see the dataset", meta.reachable,
        Unit.YES, YES, _OFFLINE,
        "give the token's system user the dataset, with permission to manage it",
    ),
    Requirement(
        Goal.META_STORES, "email_or_phone", "purchases with an e-mail or a phone number",
        sent(identifiers.named("meta", sold_in_stores, "em", "ph")),
        Unit.SHARE, Threshold(least=0.5, otherwise=Verdict.WARN), _QUALITY,
        "ask for an e-mail or a phone number at the till, and map it",
    ),
    Requirement(
        Goal.META_STORES, "inside_window", "purchases sent within the 62 days that Meta takes them",
        since_first_run(timing.inside_window("meta", sold_in_stores)),
        Unit.SHARE, MOST, _OFFLINE,
        "run sync every day at least; closedwon status says what expired",
    ),
    Requirement(
        Goal.META_STORES, "upload_delay", "hours until nine of ten purchases are accepted",
        since_first_run(timing.hours_until_accepted("meta", sold_in_stores)),
        Unit.HOURS, Threshold(most=72, otherwise=Verdict.WARN), _OFFLINE,
        "export the tills every day, and run sync after it",
    ),
    Requirement(
        Goal.META_STORES, "currency", "values with a currency",
        sent(money.with_currency("meta", sold_in_stores)),
        Unit.SHARE, ALL, _SERVER_EVENTS,
        "set currency for the client, or for the conversion",
    ),
    Requirement(
        Goal.META_STORES, "dataset_quality", "Meta's composite score, which opens omnichannel ads at 8.5",
        meta.composite_quality,
        Unit.SCORE, Threshold(least=8.5, otherwise=Verdict.WARN), _QUALITY,
        "see Offline data quality in Events Manager; send e-mail and phone, every day, soon after the purchase",
    ),
)  # fmt: skip
