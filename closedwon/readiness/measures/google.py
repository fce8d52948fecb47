"""What Google has of the account and its conversion actions, and what became of the conversions that it took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from closedwon.ledger.states import State
from closedwon.readiness.actions import SUITABLE, category_of
from closedwon.readiness.evidence import Window
from closedwon.readiness.figures import Figure
from closedwon.readiness.funnels import heard_of
from closedwon.readiness.measures.measure import Known, Measure, ratio
from closedwon.readiness.platforms import NOT_ASKED, Account, Unheard
from uploads.base import Diagnosing
from uploads.google_ads.conversion_actions import ConversionAction

_BRAIDS = ("gbraid", "wbraid")

Fine = Callable[[Known, str, ConversionAction], bool]
Said = Callable[[ConversionAction], str]


def readable(known: Known) -> Iterable[Figure]:
    """Whether the account can be read at all."""
    account = _account(known)
    if isinstance(account, Unheard):
        yield Figure(missing=account.why)
    else:
        yield Figure(recent=1.0, said=f"{len(account.actions)} conversion actions")


def account_setting(fine: Callable[[Known, Account], bool], said: Callable[[Account], str]) -> Measure:
    """A setting of the whole account: whether it is ``fine``, and what Google says."""

    def measure(known: Known) -> Iterable[Figure]:
        account = _account(known)
        if isinstance(account, Unheard):
            yield Figure(missing=_unread(account))
        else:
            yield Figure(recent=float(fine(known, account)), said=said(account))

    return measure


def action_setting(fine: Fine, said: Said) -> Measure:
    """The same of the conversion action of each stage; one that does not exist is the matter of :func:`exists`."""

    def measure(known: Known) -> Iterable[Figure]:
        account = _account(known)
        for stage, number in heard_of(known.settings, "google").items():
            if isinstance(account, Unheard):
                yield Figure(stage, missing=_unread(account))
            elif number not in account.actions:
                yield Figure(stage, missing=f"there is no conversion action {number}")
            else:
                action = account.actions[number]
                yield Figure(stage, recent=float(fine(known, stage, action)), said=said(action))

    return measure


def exists(known: Known) -> Iterable[Figure]:
    """Whether the conversion action of each stage is there."""
    account = _account(known)
    for stage, number in heard_of(known.settings, "google").items():
        if isinstance(account, Unheard):
            yield Figure(stage, missing=_unread(account))
        else:
            action = account.actions.get(number)
            yield Figure(stage, recent=float(action is not None), said=action.name if action else number)


def owns_conversions(known: Known, account: Account) -> bool:
    """Whether the account of the client's file is the one that conversions are managed in.

    Of an account without any conversion action Google may name none.
    """
    google = known.settings.destinations.google
    return google is not None and account.tracking.owner in (None, google.customer_id)


def owns_action(known: Known, _stage: str, action: ConversionAction) -> bool:
    """Whether the action belongs to that account."""
    google = known.settings.destinations.google
    return google is not None and action.owner == google.customer_id


def has_suitable_category(known: Known, stage: str, action: ConversionAction) -> bool:
    """Whether the action is of a category that suits the stage."""
    return action.category in SUITABLE[category_of(known.settings, stage)]


def counts_braids(known: Known, stage: str, action: ConversionAction) -> bool:
    """Whether it counts every conversion, where a gbraid or wbraid came with one of the stage."""
    return action.counting_type == "MANY_PER_CLICK" or not _has_braids(known, stage)


def processed_share(known: Known, window: Window) -> Mapping[str, float | None]:
    """The share of conversions that Google counted, now or before, or would have for an ad, of those that it judged."""
    judged = _judged(known, window)
    return {"": ratio(judged.total - judged.lost, judged.total)}


def matched_share(known: Known, window: Window) -> Mapping[str, float | None]:
    """The share of them that belongs to an ad click."""
    judged = _judged(known, window)
    return {"": ratio(judged.total - judged.unmatched, judged.total)}


@dataclass(frozen=True)
class _Judged:
    """Conversions whose end is known; ``lost`` were not counted for a fault, ``unmatched`` for want of an ad."""

    total: int = 0
    lost: int = 0
    unmatched: int = 0


def _judged(known: Known, window: Window) -> _Judged:
    said = known.processed.get(window.days)
    if said is None:
        return _judged_at_once(known, window)
    if not isinstance(known.google, Diagnosing):
        return _Judged()
    unmatched = _of(said.failed, known.google.unmatched)
    fine = unmatched + _of(said.failed, known.google.counted_before)
    return _Judged(said.heard_of, said.heard_of - said.processed - fine, unmatched)


def _judged_at_once(known: Known, window: Window) -> _Judged:
    """Of an API that says with its answer what it counts."""
    if known.google is None or isinstance(known.google, Diagnosing):
        return _Judged()
    sent = window.sent_to("google", heard_of(known.settings, "google"))
    accepted = sent.filter(pl.col("state") == State.ACCEPTED).height
    rejected = sent.filter(pl.col("state") == State.REJECTED)
    unmatched = _of(dict(rejected["reason"].value_counts().iter_rows()), known.google.unmatched)
    return _Judged(accepted + rejected.height, rejected.height - unmatched, unmatched)


def _of(failed: Mapping[str, int], kind: Callable[[str], bool]) -> int:
    """Conversions that were not counted for reasons of a kind."""
    return sum(count for reason, count in failed.items() if reason is not None and kind(reason))


def _has_braids(known: Known, stage: str) -> bool:
    sent = known.history.longer.sent_to("google", [stage])
    listed = sent["identifiers"].fill_null("").str.split(" ")
    return any(bool(listed.list.contains(name).any()) for name in _BRAIDS)


def _unread(account: Unheard) -> str:
    return account.why if account is NOT_ASKED else "the account could not be read"


def _account(known: Known) -> Account | Unheard:
    return known.platforms.account or Unheard("the client's file names no Google account")
