"""Which conversion actions a client's file needs in its Google Ads account, and with which settings.

https://developers.google.com/google-ads/api/docs/conversions/getting-started
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from closedwon.readiness.funnels import hopeful_stages, lead_stages, raw_lead, store_stages
from config.settings import ClientSettings
from uploads.google_ads.conversion_actions import ConversionAction, NewAction

IMPORTED, QUALIFIED, CONVERTED, PURCHASE = "IMPORTED_LEAD", "QUALIFIED_LEAD", "CONVERTED_LEAD", "PURCHASE"

SUITABLE: Mapping[str, Collection[str]] = {
    IMPORTED: frozenset([IMPORTED, "SUBMIT_LEAD_FORM", QUALIFIED]),
    QUALIFIED: frozenset([QUALIFIED, CONVERTED]),
    CONVERTED: frozenset([QUALIFIED, CONVERTED]),
    PURCHASE: frozenset([PURCHASE, "STORE_SALE"]),
}
"""Categories of Google that suit a stage, by the one that a new action for it gets."""

_BRAIDS = frozenset(["gbraid", "wbraid"])


@dataclass(frozen=True)
class Missing:
    """A stage without a conversion action that exists.

    Attributes:
        named: the id that the client's file gives it, of which the account knows nothing.
        found: the id of an action of the wanted name that is there already.
    """

    stage: str
    wanted: NewAction
    named: str | None = None
    found: str | None = None


def category_of(settings: ClientSettings, stage: str) -> str:
    """The category of a new action for ``stage``."""
    if stage in store_stages(settings):
        return PURCHASE
    if stage == raw_lead(settings):
        return IMPORTED
    return CONVERTED if stage == _last_lead_stage(settings) else QUALIFIED


def wanted_action(settings: ClientSettings, stage: str) -> NewAction:
    """The action for ``stage``: secondary at first, with real values, for as long after a click as Google allows."""
    rule = settings.conversions[stage]
    value = rule.value if isinstance(rule.value, float) else None
    return NewAction(
        name=f"Closedwon {settings.client} {stage}",
        category=category_of(settings, stage),
        # One a click suits leads, and is refused with the click ids of iOS.
        counting_type="MANY_PER_CLICK" if _sends_braids(settings, stage) else "ONE_PER_CLICK",
        default_value=value,
        currency=(rule.currency or settings.currency) if value is not None else None,
    )


def missing_actions(
    settings: ClientSettings, actions: Iterable[ConversionAction], stages: Collection[str] = ()
) -> list[Missing]:
    """The stages, or those of ``stages``, whose conversions need an action that the account lacks.

    A stage at which leads are lost gets one only where it is among ``stages``, or names one that does not exist.
    """
    known = list(actions)
    ids, by_name = {action.id for action in known}, {action.name: action.id for action in known}
    hopeless = set(lead_stages(settings)) - set(hopeful_stages(settings))
    found = []
    for stage, rule in settings.conversions.items():
        asked = stage in stages if stages else rule.google is not None or stage not in hopeless
        if asked and rule.google not in ids:
            wanted = wanted_action(settings, stage)
            found.append(Missing(stage, wanted, named=rule.google, found=by_name.get(wanted.name)))
    return found


def _last_lead_stage(settings: ClientSettings) -> str | None:
    """The last one that is worth something: a lead that is lost ends too."""
    told = [stage for stage in hopeful_stages(settings) if stage in settings.conversions]
    return told[-1] if told else None


def _sends_braids(settings: ClientSettings, stage: str) -> bool:
    return stage in store_stages(settings) or bool(settings.mapped_columns() & _BRAIDS)
