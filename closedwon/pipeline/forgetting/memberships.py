"""Takes somebody who is forgotten out of audiences: at once where the platform answers, else with the next run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.audiences.forgetting import going, persons_meant
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.people.forgetting import Traces
from closedwon.pipeline.audiences.syncing import OUTSIDE_RUNS, AudienceSync
from closedwon.pipeline.forgetting.keeping_out import EMAIL, PHONE
from closedwon.pipeline.forgetting.persons import Person
from closedwon.pipeline.observer import Silent
from closedwon.pipeline.opening import open_audience_uploader
from config.settings import ClientSettings


@dataclass(frozen=True)
class Memberships:
    """What became of a person's memberships at one destination.

    Attributes:
        ended: those that are over, by the platform's own word.
        unconfirmed: those that it was told to end, and of which it says later that they have.
        waiting: those that it could not be told of yet.
    """

    ended: int
    unconfirmed: int
    waiting: int


def members_of(ledger: Ledger, client: str, person: Person, traces: Traces) -> set[str]:
    """Under which keys audiences know ``person``."""
    keys = {key for of_kind in person.keys.values() for key in of_kind}
    surely = person.keys[EMAIL] | person.keys[PHONE]
    return persons_meant(ledger, client, keys=keys, hashes=surely, events=traces.events)


def end_memberships(
    settings: ClientSettings, ledger: Ledger, members: Collection[str], now: datetime
) -> dict[str, Memberships]:
    """Have platforms end what is left of the memberships of ``members``, by destination; the lease must be held."""
    before = going(ledger, settings.client, members)
    if not before:
        return {}
    AudienceSync(
        settings=settings,
        ledger=ledger,
        open_uploader=partial(open_audience_uploader, settings),
        observer=Silent(),
        clock=lambda: now,
        stop=Event(),
        run_id=OUTSIDE_RUNS,
        destinations=before.keys(),
    ).take_out()
    after = going(ledger, settings.client, members)
    return {name: _became(count, after.get(name, Counter())) for name, count in sorted(before.items())}


def _became(before: Counter[Membership], after: Counter[Membership]) -> Memberships:
    return Memberships(
        ended=before.total() - after.total(),
        unconfirmed=after[Membership.LEFT],
        waiting=after[Membership.LEAVING],
    )
