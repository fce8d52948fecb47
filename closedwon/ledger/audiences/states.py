"""Where somebody stands in an audience."""

from __future__ import annotations

from enum import StrEnum

Lane = tuple[str, str]
"""A destination and an audience there."""


class Membership(StrEnum):
    """Where somebody stands: to be told of, told of, to be taken out, taken out, or refused by the platform.

    Who has been taken out is kept until the platform has confirmed it, where it does so later; who was never told of is
    not kept. One who waits after an attempt has its ``reason``.
    """

    JOINING = "joining"
    MEMBER = "member"
    LEAVING = "leaving"
    LEFT = "left"
    REFUSED = "refused"


GOING = (Membership.LEAVING, Membership.LEFT)
"""Who is to be no member any more, and of whom nothing is kept but what the platform knows them by."""
