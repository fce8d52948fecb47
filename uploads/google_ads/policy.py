"""What an error code of the Google Ads API calls for, whether it names one row or refuses the whole request.

A code is a member of an enum, and an enum belongs to a field of ``ErrorCode`` (``conversion_upload_error``, …): the
same name may stand in several. The tables are in the modules beside this one.

https://developers.google.com/google-ads/api/docs/common-errors
"""

from __future__ import annotations

from dataclasses import dataclass

from uploads.base import Verdict
from uploads.errors import Action, Policy


@dataclass(frozen=True)
class RowPolicy:
    """A row of the tables.

    Attributes:
        verdict: what becomes of a row that the code names.
        advice: what it means and what to do.
        request: what to do where the code refuses a whole request.
        blames_event: as in :class:`uploads.errors.Policy`; without it, the rows are held where no other is taken.
        ends_lane: as there.
        alone: the row is refused beside another of its request, and may be taken without it.
        throttled: a quota is used up.
    """

    verdict: Verdict
    advice: str
    request: Action
    blames_event: bool = False
    ends_lane: bool = True
    alone: bool = False
    throttled: bool = False

    def of_request(self, *, of_account: bool = False) -> Policy:
        """The same as the policy of a refused request; ``of_account`` says whose quota is used up."""
        return Policy(
            self.request,
            self.advice,
            throttled=self.throttled,
            of_account=of_account,
            blames_event=self.blames_event,
            ends_lane=self.ends_lane,
        )


def done(advice: str) -> RowPolicy:
    """Google has it already."""
    return RowPolicy(Verdict.ACCEPTED, advice, Action.ISOLATE)


def later(advice: str) -> RowPolicy:
    """Too early for this row: a later run sends it again."""
    return RowPolicy(Verdict.LATER, advice, Action.RETRY_ONCE)


def passing(advice: str, *, throttled: bool = False) -> RowPolicy:
    """A fault of the moment."""
    return RowPolicy(Verdict.LATER, advice, Action.RETRY, throttled=throttled)


def alone(advice: str) -> RowPolicy:
    """Two rows of one request are in each other's way."""
    return RowPolicy(Verdict.LATER, advice, Action.ISOLATE, alone=True)


def refused(advice: str) -> RowPolicy:
    """This row for good, for a reason of its own."""
    return RowPolicy(Verdict.REJECTED, advice, Action.ISOLATE, blames_event=True)


def misshapen(advice: str) -> RowPolicy:
    """This row for good, for what a setting would explain if it hit every row."""
    return RowPolicy(Verdict.REJECTED, advice, Action.ISOLATE)


def held(advice: str) -> RowPolicy:
    """Something in the account, the conversion action or the access must be mended first."""
    return RowPolicy(Verdict.HOLD, advice, Action.HOLD)


def held_alone(advice: str) -> RowPolicy:
    """Something must be mended that concerns this row or its conversion action, and perhaps no other."""
    return RowPolicy(Verdict.HOLD, advice, Action.HOLD, ends_lane=False)
