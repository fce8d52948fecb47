"""A Google Ads conversion action: what becomes of the events that the Data Manager API let through.

Reasons are those of ProcessingErrorReason. Google documents no order in which it looks for them; here the
first of consent, duplicate, click.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedwon.sandbox.google.rules import Event
from closedwon.sandbox.truth import GoogleTruth

_REASON = "PROCESSING_ERROR_REASON_"
_GCLID = re.compile(r"[A-Za-z0-9_-]{20,200}")


@dataclass(slots=True)
class Conversion:
    """One counted conversion; ``restated`` counts how often its value was changed."""

    transaction_id: str | None
    time: datetime
    value: float | None
    currency: str | None
    matched: bool
    restated: int = 0

    def as_json(self) -> dict[str, Any]:
        """The conversion for the sandbox's listing."""
        return {
            "transaction_id": self.transaction_id,
            "event_time": self.time.isoformat(),
            "value": self.value,
            "currency": self.currency,
            "matched": self.matched,
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

    def process(self, events: Iterable[Event]) -> Counter[str]:
        """Count the events of one request; returns how many failed, by ProcessingErrorReason."""
        errors: Counter[str] = Counter()
        transactions: set[str] = set()
        for event in events:
            self._received += 1
            reason = self._problem(event, transactions)
            if reason is None:
                self._count(event)
            else:
                errors[f"{_REASON}{reason}"] += 1
        self._errors.update(errors)
        return errors

    def conversions(self) -> list[dict[str, Any]]:
        """What was counted, oldest first."""
        return [conversion.as_json() for conversion in self._conversions]

    def report(self) -> dict[str, Any]:
        """Counts; ``received`` is the sum of ``counted``, ``restated``, ``duplicates`` and ``errors``."""
        return {
            "received": self._received,
            "counted": len(self._conversions),
            "restated": self._restated,
            "duplicates": self._duplicates,
            "matched": sum(conversion.matched for conversion in self._conversions),
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
        clicks = event.identifiers.clicks
        gclid = clicks.get("gclid")
        if gclid is None:
            return "INVALID_AD_IDENTIFIERS" if len(clicks) > 1 else None
        if not _GCLID.fullmatch(gclid):
            return "INVALID_GCLID"
        click = self._truth.click(gclid)
        if click is not None:
            return "CONVERSION_PRECEDES_CLICK" if event.time < click.clicked_at else None
        return None if self._recognises_person(event) else "CLICK_NOT_FOUND"

    def _count(self, event: Event) -> None:
        earlier = self._by_transaction.get(event.transaction_id) if event.transaction_id else None
        if earlier is None:
            self._add(event)
        elif (earlier.value, earlier.currency) == (event.value, event.currency):
            self._duplicates += 1
        else:
            earlier.value, earlier.currency = event.value, event.currency
            earlier.restated += 1
            self._restated += 1

    def _add(self, event: Event) -> None:
        clicked = self._truth.click(event.identifiers.clicks.get("gclid", "")) is not None
        matched = clicked or self._recognises_person(event)
        conversion = Conversion(event.transaction_id, event.time, event.value, event.currency, matched)
        self._conversions.append(conversion)
        if event.transaction_id:
            self._by_transaction[event.transaction_id] = conversion

    def _recognises_person(self, event: Event) -> bool:
        identifiers = event.identifiers
        return (
            any(map(self._truth.knows_email, identifiers.emails))
            or any(map(self._truth.knows_phone, identifiers.phones))
            or any(self._truth.knows_address(*address) for address in identifiers.addresses)
        )
