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
        event_only: of a row that is held, that the next one may well be taken.
        systematic: the code speaks of an event's form; where it hits every row, the fault is in how they are made.
        alone: the row is refused beside another of its request, and may be taken without it.
        throttled: a quota is used up.
    """

    verdict: Verdict
    advice: str
    request: Action
    event_only: bool = False
    systematic: bool = False
    alone: bool = False
    throttled: bool = False

    def of_request(self, *, of_account: bool = False) -> Policy:
        """The same as the policy of a refused request; ``of_account`` says whose quota is used up."""
        return Policy(self.request, self.advice, throttled=self.throttled, of_account=of_account)


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
    return RowPolicy(Verdict.REJECTED, advice, Action.ISOLATE)


def misshapen(advice: str) -> RowPolicy:
    """This row for good, for its form."""
    return RowPolicy(Verdict.REJECTED, advice, Action.ISOLATE, systematic=True)


def held(advice: str) -> RowPolicy:
    """Something in the account, the conversion action or the access must be mended first."""
    return RowPolicy(Verdict.HOLD, advice, Action.HOLD)


def held_alone(advice: str) -> RowPolicy:
    """Something must be mended that concerns this row, and perhaps no other."""
    return RowPolicy(Verdict.HOLD, advice, Action.HOLD, event_only=True)
