"""A Google Ads conversion action: what becomes of the events that the Data Manager API let through.

Reasons are those of ProcessingErrorReason. Google documents no order in which it looks for them; here the
first of consent, duplicate, click. That a gbraid and a wbraid exclude each other, and that a click counts for 90
days, is documented for uploads through the Google Ads API (GBRAID_WBRAID_BOTH_SET, EXPIRED_EVENT); which reasons the
Data Manager API has for the two is not, nor whether braids may come with user data. Here they may.

What an event with a transaction id that is known changes is documented ("Conversion adjustments"): value and
currency, and user data where the conversion came without any; an id that is not known makes a new conversion. That
Google Ads forgets a conversion for adjustments after 54 days is documented for the Google Ads API only
(CONVERSION_EXPIRED); here the event then makes a new one too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from closedwon.sandbox.google.rules import Event
from closedwon.sandbox.truth import GoogleTruth
from closedwon.sandbox.world import Click

_REASON = "PROCESSING_ERROR_REASON_"
_CLICK_ID = re.compile(r"[A-Za-z0-9_-]{20,200}")
CLICK_WINDOW = timedelta(days=90)
"""The longest time after a click in which a conversion can be imported for it."""
ADJUSTMENT_WINDOW = timedelta(days=54)
"""How long after a conversion its value can be restated."""


@dataclass(slots=True)
class Conversion:
    """One counted conversion.

    Attributes:
        matched_by: the sent identifiers that were enough by themselves, such as ``gclid`` and ``email[0]``.
        has_user_data: whether any came with it, so that no other is taken later.
        restated: how often its value was changed.
    """

    transaction_id: str | None
    time: datetime
    value: float | None
    currency: str | None
    matched_by: list[str]
    has_user_data: bool
    restated: int = 0

    def as_json(self) -> dict[str, Any]:
        """The conversion for the sandbox's listing."""
        return {
            "transaction_id": self.transaction_id,
            "event_time": self.time.isoformat(),
            "value": self.value,
            "currency": self.currency,
            "matched": bool(self.matched_by),
            "matched_by": self.matched_by,
            "restated": self.restated,
        }


class ConversionAction:
    """Counts conversions of one action, once a transaction id."""

    def __init__(self, truth: GoogleTruth) -> None:
        self._truth = truth
        self._conversions: list[Conversion] = []
        self._by_transaction: dict[str, Conversion] = {}
        self._received = 0
        self._restated = 0
        self._duplicates = 0
        self._errors: Counter[str] = Counter()

    def process(self, events: Iterable[Event], now: datetime) -> Counter[str]:
        """Count the events of one request; returns how many failed, by ProcessingErrorReason."""
        errors: Counter[str] = Counter()
        transactions: set[str] = set()
        for event in events:
            self._received += 1
            reason = self._problem(event, transactions)
            if reason is None:
                self._count(event, now)
            else:
                errors[f"{_REASON}{reason}"] += 1
        self._errors.update(errors)
        return errors

    def fail(self, count: int, reason: str) -> Counter[str]:
        """Count none of a request's events, for a ProcessingErrorReason; returns what :meth:`process` does."""
        errors = Counter({reason if reason.startswith("PROCESSING_") else f"{_REASON}{reason}": count})
        self._received += count
        self._errors.update(errors)
        return errors

    def conversions(self) -> Iterator[dict[str, Any]]:
        """What was counted, oldest first."""
        return (conversion.as_json() for conversion in self._conversions)

    def report(self) -> dict[str, Any]:
        """Counts; ``received`` is the sum of ``counted``, ``restated``, ``duplicates`` and ``errors``."""
        return {
            "received": self._received,
            "counted": len(self._conversions),
            "restated": self._restated,
            "duplicates": self._duplicates,
            "matched": sum(bool(conversion.matched_by) for conversion in self._conversions),
            "value": round(sum(conversion.value or 0 for conversion in self._conversions), 2),
            "errors": dict(sorted(self._errors.items())),
        }

    def _problem(self, event: Event, transactions: set[str]) -> str | None:
        if event.consent_denied:
            return "DENIED_CONSENT"
        if event.transaction_id is not None:
            if event.transaction_id in transactions:
                return "DUPLICATE_TRANSACTION_ID"
            transactions.add(event.transaction_id)
        return self._click_problem(event)

    def _click_problem(self, event: Event) -> str | None:
        given = event.identifiers.clicks
        if not given:
            return None
        if "gbraid" in given and "wbraid" in given:
            return "INVALID_AD_IDENTIFIERS"
        for kind, click_id in given.items():
            if not _CLICK_ID.fullmatch(click_id):
                return f"INVALID_{kind.upper()}"
        clicks = [click for _, click in self._clicks(event)]
        if any(event.time < click.clicked_at for click in clicks):
            return "CONVERSION_PRECEDES_CLICK"
        if self._matched_by(event):
            return None
        return "INVALID_CLICK" if clicks else "CLICK_NOT_FOUND"

    def _count(self, event: Event, now: datetime) -> None:
        earlier = self._by_transaction.get(event.transaction_id) if event.transaction_id else None
        if earlier is None or now - earlier.time > ADJUSTMENT_WINDOW:
            self._add(event)
        else:
            self._adjust(earlier, event)

    def _adjust(self, earlier: Conversion, event: Event) -> None:
        if not earlier.has_user_data and _has_user_data(event):
            earlier.has_user_data = True
            earlier.matched_by += self._people(event)
        if (earlier.value, earlier.currency) == (event.value, event.currency):
            self._duplicates += 1
        else:
            earlier.value, earlier.currency = event.value, event.currency
            earlier.restated += 1
            self._restated += 1

    def _add(self, event: Event) -> None:
        conversion = Conversion(
            event.transaction_id,
            event.time,
            event.value,
            event.currency,
            matched_by=self._matched_by(event),
            has_user_data=_has_user_data(event),
        )
        self._conversions.append(conversion)
        if event.transaction_id:
            self._by_transaction[event.transaction_id] = conversion

    def _matched_by(self, event: Event) -> list[str]:
        clicks = [
            kind for kind, click in self._clicks(event) if event.time - click.clicked_at <= CLICK_WINDOW
        ]
        return clicks + self._people(event)

    def _people(self, event: Event) -> list[str]:
        given = event.identifiers
        return self._truth.recognised_by(given.emails, given.phones, given.addresses)

    def _clicks(self, event: Event) -> Iterator[tuple[str, Click]]:
        """The clicks that really happened, by the kind of id that names them."""
        for kind, click_id in event.identifiers.clicks.items():
            click = self._truth.click(kind, click_id)
            if click is not None:
                yield kind, click


def _has_user_data(event: Event) -> bool:
    given = event.identifiers
    return bool(given.emails or given.phones or given.addresses)
