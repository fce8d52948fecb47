"""What was done for a person who asked to be forgotten: numbers, times and what is left to do, and nobody's data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

_STAYS = (
    "of each conversion: a digest as its id, stage, time, value and state, so that it is not sent again and counts stay"
    " true",
    "digests of what the person is known by, under a key, so that later runs leave out their records",
)
_ELSEWHERE = "what the CRM and the till's files hold: erase it there too; later runs leave it out"
_BACKUPS = "backups of the ledger that were made before"
_UNSCRUBBED = (
    "deleted rows may be left in unused parts of the ledger's files, since somebody else was using it: run the same"
    " command again while no run is in progress"
)
_SEVERAL = (
    "the number is of several people: every record with it was erased, but no other record of theirs was looked for;"
    " name the person's e-mail address too"
)
_TOLD = {
    "meta": "Meta has them and takes no single event back; pass the request on to Meta as your terms with it provide",
    "google": "Google has them and the Data Manager API takes none back; pass the request on to Google as your terms"
    " with it provide",
}


@dataclass(frozen=True)
class Told:
    """What a platform has heard of the person.

    Attributes:
        withdrawn: conversions that waited, and are not sent.
        accepted: conversions that the platform accepted.
        to_do: how to have them erased there.
    """

    withdrawn: int
    accepted: int
    to_do: str | None

    @classmethod
    def of(cls, destination: str, *, withdrawn: int, accepted: int) -> Told:
        """With what to do where the platform accepted any."""
        return cls(withdrawn, accepted, _TOLD[destination] if accepted else None)


@dataclass(frozen=True)
class Receipt:
    """What was done for one client.

    Attributes:
        id: of the receipt, made up.
        asked_by: the kinds of what was asked for: email, phone, record.
        erased: rows by table, those that were only emptied among them.
        kept_out: digests that later runs leave records out by, by kind.
        rejects_files: lists of rejected rows that were written anew.
    """

    id: str
    client: str
    at: datetime
    asked_by: Collection[str]
    erased: Mapping[str, int]
    destinations: Mapping[str, Told]
    kept_out: Mapping[str, int]
    of_several: bool = False
    scrubbed: bool = True
    rejects_files: Collection[str] = field(default_factory=list)

    @property
    def known(self) -> bool:
        """Whether the ledger had anything of the person."""
        return any(self.erased.values())

    @property
    def notes(self) -> list[str]:
        """What the user should know, or do."""
        return [_SEVERAL] * self.of_several + [_UNSCRUBBED] * (not self.scrubbed)

    @property
    def stays(self) -> list[str]:
        """What is left, and why."""
        return [*(_STAYS if self.known else _STAYS[1:]), _ELSEWHERE, _BACKUPS]

    def as_json(self) -> dict[str, Any]:
        """The receipt as JSON-able data."""
        return {
            "receipt": self.id,
            "client": self.client,
            "at": self.at.isoformat(),
            "asked_by": list(self.asked_by),
            "known": self.known,
            "erased": dict(self.erased),
            "destinations": {name: asdict(told) for name, told in self.destinations.items()},
            "kept_out": dict(self.kept_out),
            "rejects_files": list(self.rejects_files),
            "stays": self.stays,
            "notes": self.notes,
        }
