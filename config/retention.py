"""How long the ledger keeps what it needs no longer for sending."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.types import Settings

SHORTEST_HISTORY = 120
"""In days: platforms take a conversion for 90 at most, and a month more keeps what may still come in late."""


class RetentionSettings(Settings):
    """When payloads, history and rejected rows are deleted; ``identity.keep_days`` says it of the identity map.

    History is kept as long as the map at least, since a refusal is heard only in a record that is remembered.
    What is shorter costs something: without its payload a conversion is told of no new value, and without its history
    ``explain`` knows nothing of a record. Nothing is sent twice for it.
    """

    payload_days: Annotated[
        int,
        Field(
            ge=1,
            le=365,
            description="how many days the hashes of a conversion that was sent are kept, to tell of a new value;"
            " Google takes one for 54",
        ),
    ] = 54
    history_days: Annotated[
        int,
        Field(
            ge=SHORTEST_HISTORY,
            le=3_650,
            description=f"how many days stages, deliveries and runs are remembered, {SHORTEST_HISTORY} at least:"
            " before that a platform may still take them",
        ),
    ] = 400
    rejects_days: Annotated[
        int,
        Field(ge=1, le=3_650, description="how many days rows that could not be read are listed"),
    ] = 90
