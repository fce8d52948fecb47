"""Opens what a client's file names: the module of each source's type and of each destination's transport.

They are imported when they are asked for: a command that opens none of them starts without their libraries.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.importing import ONE_AT_A_TIME
from config.settings import ClientSettings

if TYPE_CHECKING:
    from connectors.base import Connector
    from uploads.audiences.base import AudienceUploader
    from uploads.base import Uploader


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


def open_connector(settings: ClientSettings, name: str) -> Connector:
    """The connector of the source ``name``: the module of :mod:`connectors` that is named as its type."""
    from connectors.base import SourceContext

    source = settings.sources[name]
    context = SourceContext(
        name=name,
        timezone=settings.timezone,
        country=settings.country,
        currency=settings.currency,
        consent_fields={str(column): field for column, field in settings.consent.fields.items()},
        consent_required=len(settings.sources) == 1,
    )
    with ONE_AT_A_TIME:
        module = importlib.import_module(f"connectors.{source.type}")
        connector: Connector = module.connect(source, context)
    return connector


def open_uploader(
    settings: ClientSettings, name: str, *, sleep: Callable[[float], None] = time.sleep
) -> Uploader:
    """The uploader of the destination ``name``: the module of :mod:`uploads` that is named as its transport."""
    destination = settings.destinations.configured()[name]
    with ONE_AT_A_TIME:
        module = importlib.import_module(f"uploads.{destination.transport}")
        uploader: Uploader = module.connect(destination, sleep=sleep)
    return uploader


def open_audience_uploader(
    settings: ClientSettings, name: str, *, sleep: Callable[[float], None] = time.sleep
) -> AudienceUploader:
    """The audiences of the destination ``name``.

    Raises:
        uploads.errors.PlatformError: its transport has no audiences, or a setting that they need is missing.
    """
    from uploads.audiences.opening import connect

    return connect(settings.destinations.configured()[name], sleep=sleep)
