"""What an audience remembers: who is in it, by hash, and the sessions that told it.

Meta compares entries with its people and never says whom it found. Here somebody is who has the same first of e-mail,
phone, external id and mobile id, or without any of them the same of all that was given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from closedwon.sandbox.meta.audience_rules import (
    HASHED,
    PLAIN,
    SESSION_SECONDS,
    VALUE,
    Entry,
    Payload,
    Place,
    finished,
    out_of_order,
    timed_out,
)
from closedwon.sandbox.meta.errors import parameter_error

_STRONG = ("EMAIL", "PHONE", "EXTERN_ID", "MADID")


@dataclass
class UploadSession:
    """One upload session of an ad account: its batches come in order, with one schema, in ninety minutes."""

    audience_id: str
    schema: tuple[str, ...]
    removing: bool
    began: float
    batch: int = 0
    received: int = 0
    finished: bool = False

    def take(self, audience_id: str, place: Place, payload: Payload, now: float, *, removing: bool) -> None:
        """Count the next batch.

        Raises:
            GraphError: it is not the next batch of this session.
        """
        if audience_id != self.audience_id or removing != self.removing:
            raise parameter_error("The session_id was already used for another upload of the ad account")
        if self.finished:
            raise finished()
        if now - self.began > SESSION_SECONDS:
            raise timed_out()
        if place.batch != self.batch + 1:
            raise out_of_order()
        if payload.schema != self.schema:
            raise parameter_error("The schema must be the same in all batches of a session")
        self.batch, self.finished = place.batch, place.last
        self.received += payload.rows


@dataclass
class Audience:
    """One custom audience or lookalike of an ad account."""

    id: str
    account_id: str
    name: str
    description: str
    subtype: str
    is_value_based: bool = False
    customer_file_source: str | None = None
    origin_audience_id: str | None = None
    lookalike_spec: dict[str, Any] | None = None
    members: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def change(self, payload: Payload, *, removing: bool) -> None:
        """Add or remove the people of a request who can be read."""
        self.counts["requests"] += 1
        self.counts["invalid"] += len(payload.invalid)
        change = self._remove if removing else self._add
        for entry in payload.entries:
            change(entry)

    def report(self) -> dict[str, Any]:
        """The audience, and how many entries joined, changed and left."""
        return {
            "account": self.account_id,
            "name": self.name,
            "description": self.description,
            "subtype": self.subtype,
            "value_based": self.is_value_based,
            "origin": self.origin_audience_id,
            "lookalike_spec": self.lookalike_spec,
            "members": len(self.members),
            "value": round(sum(entry.get(VALUE, 0) for entry in self.members.values()), 2),
            **{
                name: self.counts[name]
                for name in ("requests", "added", "known", "removed", "strangers", "invalid")
            },
        }

    def _add(self, entry: Entry) -> None:
        key = _key(entry)
        self.counts["known" if key in self.members else "added"] += 1
        self.members[key] = entry

    def _remove(self, entry: Entry) -> None:
        self.counts["strangers" if self.members.pop(_key(entry), None) is None else "removed"] += 1


def _key(entry: Entry) -> tuple[str, ...]:
    for name in _STRONG:
        if name in entry:
            return (name, str(entry[name]))
    return tuple(f"{name}={entry[name]}" for name in sorted(entry.keys() & (HASHED | PLAIN)))
