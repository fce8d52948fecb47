"""Settings of the systems that are read, one module a connector.

Adding a connector means adding a module here whose model derives from :class:`~config.sources.base.SourceBase` and
has ``kind``, ``system`` and ``stage_names``, and that model to :data:`SourceSettings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, get_args

from pydantic import Field

from config.sources.hubspot import HubSpotSettings
from config.sources.pos_files import PosFilesSettings
from config.sources.salesforce import SalesforceSettings

__all__ = [
    "HubSpotSettings",
    "PosFilesSettings",
    "SalesforceSettings",
    "SourceSettings",
    "stages_yielded_by",
    "yielded_stages",
]

SourceSettings = Annotated[
    SalesforceSettings | HubSpotSettings | PosFilesSettings, Field(discriminator="type")
]


def yielded_stages(source: Mapping[str, Any]) -> set[str] | None:
    """Funnel stages that a source yields, read from its part of a file before that part is known to be valid.

    Returns None where they cannot be told: an unknown ``type``, or ``stages`` of another shape.
    """
    union, *_ = get_args(SourceSettings)
    for model in get_args(union):
        if source.get("type") in get_args(model.model_fields["type"].annotation):
            try:
                return {str(stage) for stage in model.model_construct(**source).stage_names()}
            except (AttributeError, TypeError):
                return None
    return None


def stages_yielded_by(sources: Iterable[Mapping[str, Any]]) -> set[str] | None:
    """Funnel stages that ``sources`` yield together; None where those of one cannot be told."""
    every: set[str] = set()
    for source in sources:
        stages = yielded_stages(source)
        if stages is None:
            return None
        every |= stages
    return every
