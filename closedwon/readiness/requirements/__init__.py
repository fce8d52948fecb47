"""What the platforms require, as tables: how each is measured, what passes, who says so, and what to do next.

Where a platform gives no number, and for what only others report, nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from closedwon.readiness.requirements import google, meta
from closedwon.readiness.requirements.requirement import THIRD_PARTY, Goal, Requirement
from config.settings import ClientSettings

__all__ = ["APPLIES", "REQUIREMENTS", "THIRD_PARTY", "Goal", "Requirement"]

REQUIREMENTS: tuple[Requirement, ...] = (*meta.LEADS, *meta.STORES, *google.LEADS, *google.VALUES)


def _wants_leads(settings: ClientSettings) -> bool:
    """Who sells in stores may send a lead for the sake of its click alone."""
    told = meta.told_meta(settings)
    return len(told) > 1 or bool(told and not meta.sold_in_stores(settings))


APPLIES: Mapping[Goal, Callable[[ClientSettings], bool]] = {
    Goal.META_LEADS: lambda settings: settings.destinations.meta is not None and _wants_leads(settings),
    Goal.META_STORES: lambda settings: (
        settings.destinations.meta is not None and bool(meta.sold_in_stores(settings))
    ),
    Goal.GOOGLE_LEADS: lambda settings: settings.destinations.google is not None,
    Goal.GOOGLE_VALUES: lambda settings: settings.destinations.google is not None,
}
"""Whether a goal is one that the client's file can serve at all."""
