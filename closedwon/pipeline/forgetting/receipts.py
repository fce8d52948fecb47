"""What was done for a person who asked to be forgotten: numbers, times and what is left to do, and nobody's data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from closedwon.pipeline.forgetting.memberships import Memberships

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
    "google_data_manager": "Google has them and the Data Manager API takes none back; pass the request on to Google as"
    " your terms with it provide",
    "google_ads": "Google has them; the Google Ads API can retract a conversion, which takes it out of the counts and"
    " erases nothing of the person, so Closedwon does not: pass the request on to Google as your terms with it provide",
}
"""What is left to do at a platform that was sent conversions, by the transport of the client's file."""

_NO_LONGER_NAMED = (
    "the client's file no longer names it, but it has them: pass the request on as your terms with it provide"
)
_STILL_A_MEMBER = (
    "{} has not taken the person out of its audiences yet; the hashes that it was told are kept for that alone, until"
    " it has: closedwon audiences, and every sync, tells it again"
)
_UNCONFIRMED = (
    "{} has taken the request to end memberships, and says within a day whether it did; until a later run has asked,"
    " the hashes that it was told are kept, to tell it again if not: closedwon audiences, and every sync, asks"
)
_MANY_RECORDS = 50


@dataclass(frozen=True)
class Told:
    """What a platform has heard of the person.

    Attributes:
        withdrawn: conversions that waited, and are not sent any more.
        accepted: conversions that the platform accepted.
        tried: conversions that it was sent besides: it refused them, did not count them, or gave no answer.
        to_do: how to have them erased there.
    """

    withdrawn: int
    accepted: int
    tried: int
    to_do: str | None

    @classmethod
    def of(cls, transport: str | None, *, withdrawn: int, accepted: int, tried: int) -> Told:
        """With what to do where the platform was sent any; ``transport`` is None where the file names it no more."""
        to_do = _NO_LONGER_NAMED if transport is None else _TOLD[transport]
        return cls(withdrawn, accepted, tried, to_do if accepted or tried else None)


@dataclass(frozen=True)
class Preview:
    """What would be erased of one client, before it is.

    Attributes:
        told_apart: whether the records are of several people, as far as can be told.
        records, stage_entries, conversions: how many; ``identities``, entries of the identity map.
    """

    client: str
    told_apart: bool
    records: int
    stage_entries: int
    conversions: int
    identities: int

    @property
    def doubtful(self) -> bool:
        """Whether somebody should look at it first: more than one person's records may be concerned."""
        return self.told_apart or self.records > _MANY_RECORDS

    @property
    def words(self) -> str:
        """What to tell the user."""
        why = (
            "what was asked for is of several people, by the names and contacts beside it"
            if self.told_apart
            else "what was asked for concerns more records than one person usually has"
        )
        return (
            f"{self.client}: {why}: {self.records:,} records, {self.stage_entries:,} stage entries,"
            f" {self.conversions:,} conversions and {self.identities:,} entries of the identity map would be erased,"
            " and kept out from now on. A shop's own address or number belongs under identity.not_customers"
        )


@dataclass(frozen=True)
class Receipt:
    """What was done for one client.

    Attributes:
        id: of the receipt, made up.
        asked_by: the kinds of what was asked for: email, phone, record.
        erased: rows by table, those that were only emptied among them.
        kept_out: digests that later runs leave records out by, by kind.
        rejects_files: lists of rejected rows that were written anew.
        memberships: of audiences, by destination.
    """

    id: str
    client: str
    at: datetime
    asked_by: Collection[str]
    erased: Mapping[str, int]
    destinations: Mapping[str, Told]
    kept_out: Mapping[str, int]
    memberships: Mapping[str, Memberships] = field(default_factory=dict)
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
        return [
            *[_SEVERAL] * self.of_several,
            *[_UNSCRUBBED] * (not self.scrubbed),
            *(_STILL_A_MEMBER.format(name) for name, one in self.memberships.items() if one.waiting),
            *(_UNCONFIRMED.format(name) for name, one in self.memberships.items() if one.unconfirmed),
        ]

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
            "memberships": {name: asdict(one) for name, one in self.memberships.items()},
            "kept_out": dict(self.kept_out),
            "rejects_files": list(self.rejects_files),
            "stays": self.stays,
            "notes": self.notes,
        }
