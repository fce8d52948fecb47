"""What of a client's audience is to exist at a platform."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from closedwon.ledger.audiences.states import Lane
from config.audiences import GoogleAudienceSettings, MetaAudienceSettings
from config.settings import ClientSettings
from uploads.audiences.base import AudienceSpec, Lookalike

_DIGEST = 32


@dataclass(frozen=True)
class Declared:
    """An audience that the client's file declares at a destination.

    Attributes:
        given_id: the platform's id of it, where the file names one.
    """

    spec: AudienceSpec
    given_id: str | None

    @property
    def digest(self) -> str:
        """What tells one description of an audience from another."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:_DIGEST]


def declared_at(settings: ClientSettings, lane: Lane) -> Declared | None:
    """What the client's file declares of an audience at a destination; None where it does not."""
    destination, name = lane
    audience = settings.audiences.get(name)
    there: MetaAudienceSettings | GoogleAudienceSettings | None = getattr(audience, destination, None)
    if audience is None or there is None or destination not in settings.destinations.configured():
        return None
    of_meta = there if isinstance(there, MetaAudienceSettings) else None
    spec = AudienceSpec(
        key=f"{settings.client}/{name}",
        name=there.name,
        value_based=of_meta is not None and of_meta.value_based,
        membership_days=audience.days,
        lookalike=_lookalike(of_meta) if of_meta else None,
    )
    return Declared(spec, there.id)


def _lookalike(audience: MetaAudienceSettings) -> Lookalike | None:
    asked = audience.lookalike
    if asked is None:
        return None
    return Lookalike(asked.name or f"{audience.name} (lookalike)", tuple(asked.countries), asked.ratio)
