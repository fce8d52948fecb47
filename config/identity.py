"""How records of one person are put together, and what is never taken for a person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.types import Settings, Text


class IdentitySettings(Settings):
    """The identity map: hashes and click ids of people, by which a purchase finds the lead that it began with."""

    stitch: Annotated[
        bool,
        Field(
            description="true to let a conversion carry what other records of the same person hold, else false"
        ),
    ] = True
    keep_days: Annotated[
        int,
        Field(
            ge=1, le=730, description="how many days hashes and click ids are kept after they were last seen"
        ),
    ] = 180
    click_days: Annotated[
        int,
        Field(
            ge=1,
            le=90,
            description="how many days after a click a conversion may carry it:"
            " the click-through window of the conversion actions, 90 at most",
        ),
    ] = 30
    max_people: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="how many people may share an e-mail address or a phone number before it is dropped",
        ),
    ] = 10
    not_customers: Annotated[
        list[Text],
        Field(
            description="e-mail addresses and phone numbers that are no customer's, such as the shop's own"
        ),
    ] = Field(default_factory=list)
