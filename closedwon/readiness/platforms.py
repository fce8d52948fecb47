"""What the platforms say of themselves when readiness is asked for; who does not answer is reported, not a failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from config.settings import ClientSettings
from uploads import meta as meta_uploads
from uploads.base import Check
from uploads.errors import PlatformError
from uploads.google_ads.account import Account as Reader
from uploads.google_ads.conversion_actions import ConversionAction, Tracking
from uploads.meta_quality import EventQuality, dataset_quality
from uploads.retrying import Sleep

_T = TypeVar("_T")

_ATTEMPTS = 2
"""Somebody is waiting for the answer."""


@dataclass(frozen=True)
class Unheard:
    """A question that got no answer, and why."""

    why: str


@dataclass(frozen=True)
class Account:
    """A Google Ads account's conversion tracking, its actions by id."""

    tracking: Tracking
    actions: dict[str, ConversionAction] = field(default_factory=dict)


@dataclass(frozen=True)
class Platforms:
    """What was heard; None of a platform that the client's file does not name."""

    account: Account | Unheard | None = None
    dataset: Check | None = None
    quality: list[EventQuality] | Unheard | None = None


NOT_ASKED = Unheard("the platforms were not asked")


def not_asked(settings: ClientSettings) -> Platforms:
    """What is known without a word to anybody."""
    named = settings.destinations
    return Platforms(account=NOT_ASKED if named.google else None, quality=NOT_ASKED if named.meta else None)


def asked(settings: ClientSettings, *, sleep: Sleep = time.sleep) -> Platforms:
    """Ask every platform of the client."""
    return Platforms(
        account=_account(settings, sleep),
        dataset=_dataset(settings, sleep),
        quality=_quality(settings, sleep),
    )


def _account(settings: ClientSettings, sleep: Sleep) -> Account | Unheard | None:
    google = settings.destinations.google
    if google is None:
        return None
    impatient = google.model_copy(update={"max_attempts": _ATTEMPTS})

    def ask() -> Account:
        reader = Reader(impatient, sleep=sleep)
        return Account(reader.tracking(), {action.id: action for action in reader.conversion_actions()})

    return _heard(
        ask,
        "the credentials cannot read the account through the Google Ads API, which conversions do not need",
    )


def _dataset(settings: ClientSettings, sleep: Sleep) -> Check | None:
    meta = settings.destinations.meta
    if meta is None:
        return None
    return meta_uploads.connect(meta, sleep=sleep).check()[0]


def _quality(settings: ClientSettings, sleep: Sleep) -> list[EventQuality] | Unheard | None:
    meta = settings.destinations.meta
    if meta is None:
        return None
    impatient = meta.model_copy(update={"max_attempts": _ATTEMPTS})
    return _heard(
        lambda: dataset_quality(impatient, sleep=sleep), "the token cannot read the dataset's quality figures"
    )


def _heard(ask: Callable[[], _T], otherwise: str) -> _T | Unheard:
    try:
        return ask()
    except PlatformError as error:
        return Unheard(f"{otherwise} ({error})")
