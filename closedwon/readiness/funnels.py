"""Which of a client's stages are about leads and which about purchases, and which of them a destination hears of."""

from __future__ import annotations

from config.quality import lost_stages
from config.settings import ClientSettings


def lead_stages(settings: ClientSettings) -> list[str]:
    """Stages that a CRM yields, in the funnel's order."""
    return _stages(settings, "crm")


def store_stages(settings: ClientSettings) -> list[str]:
    """Stages that tills yield and no CRM does."""
    return [stage for stage in _stages(settings, "pos") if stage not in lead_stages(settings)]


def hopeful_stages(settings: ClientSettings) -> list[str]:
    """Stages of a lead, without those that end it with no sale: nobody bids for these."""
    stages = lead_stages(settings)
    lost = lost_stages(settings.quality, stages)
    return [stage for stage in stages if stage not in lost]


def raw_lead(settings: ClientSettings) -> str | None:
    """The first stage of a lead."""
    return next(iter(hopeful_stages(settings)), None)


def heard_of(settings: ClientSettings, destination: str) -> dict[str, str]:
    """The event name or conversion action of each stage that ``destination`` is to hear of."""
    names = {stage: getattr(rule, destination) for stage, rule in settings.conversions.items()}
    return {stage: name for stage, name in names.items() if name is not None}


def _stages(settings: ClientSettings, kind: str) -> list[str]:
    yielded = {
        stage for source in settings.sources.values() if source.kind == kind for stage in source.stage_names()
    }
    order = settings.funnel or list(settings.conversions)
    places = {stage: place for place, stage in enumerate(order)}
    return sorted(yielded, key=lambda stage: (places.get(stage, len(places)), stage))
