"""Where somebody stands in an audience."""

from __future__ import annotations

from enum import StrEnum


class Membership(StrEnum):
    """Where somebody stands: to be told of, told of, to be taken out, or refused by the platform.

    Who has been taken out, or was never told of, is not kept. One who waits after an attempt has its ``reason``.
    """

    JOINING = "joining"
    MEMBER = "member"
    LEAVING = "leaving"
    REFUSED = "refused"
