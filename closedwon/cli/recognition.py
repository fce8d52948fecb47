"""How many conversions each platform of the sandbox recognised, and how many it would have without stitching.

The real platforms do not tell; the sandbox lists for each conversion which identifiers were enough by themselves, and
the ledger knows which of them came from another record of the same person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from closedwon.ledger import Ledger
from closedwon.ledger.views.records import carried
from config import ClientFile

_PAGE = 10_000


@dataclass(frozen=True)
class Recognition:
    """Conversions of one destination that its platform recognised.

    Attributes:
        matched: those for which any identifier was enough.
        without_stitching: those for which one was enough that the conversion's own record had.
    """

    matched: int
    without_stitching: int

    def as_json(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def recognition(url: str, file: ClientFile, ledger: Ledger) -> dict[str, Recognition]:
    """By destination, what the sandbox at ``url`` recognised of the client's accepted conversions."""
    client, destinations = file.settings.client, file.settings.destinations
    found = {}
    if destinations.meta:
        events = _listing(f"{url}/_sandbox/meta/events", dataset=destinations.meta.dataset_id)
        found["meta"] = judged(events, "event_id", carried(ledger, client, "meta"))
    if destinations.google:
        events = _listing(f"{url}/_sandbox/google/events", account=destinations.google.customer_id)
        found["google"] = judged(events, "transaction_id", carried(ledger, client, "google"))
    return found


def judged(events: Iterable[Mapping[str, Any]], key: str, taken: Mapping[str, frozenset[str]]) -> Recognition:
    """Count ``events`` as the sandbox lists them, by ``key``, their id; ``taken`` is what each has from elsewhere."""
    matched = unaided = 0
    for event in events:
        enough = event["matched_by"]
        foreign = taken.get(event[key], frozenset())
        matched += bool(enough)
        unaided += any(foreign.isdisjoint(one.split("+")) for one in enough)
    return Recognition(matched, unaided)


def _listing(address: str, **asked: str) -> Iterator[dict[str, Any]]:
    """Every event of a listing, a page at a time: all of them at once would be many megabytes."""
    offset = 0
    while True:
        query = urlencode({**asked, "offset": offset, "limit": _PAGE})
        with urlopen(f"{address}?{query}") as answer:  # noqa: S310 (loopback)
            page: list[dict[str, Any]] = json.load(answer)
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE
