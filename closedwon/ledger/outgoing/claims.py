"""What is under way to a platform: a row a lane, with the ids of the deliveries that were taken and not answered yet.

To mark each of them instead would write every delivery and its indexes once more, right before they are written for
the answer. A run that dies leaves its row behind, and the next one knows by it which the platform may have heard of.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from closedwon.ledger.bulk import upsert
from closedwon.ledger.schema import claims


@dataclass(frozen=True)
class Claim:
    """What one client's lane to one destination has under way."""

    client: str
    destination: str

    @classmethod
    def of_client(cls, connection: Connection, client: str) -> list[Claim]:
        """What any lane of ``client`` has under way."""
        rows = connection.execute(select(claims.c.destination).where(claims.c.client == client))
        return [cls(client, row.destination) for row in rows]

    def event_ids(self, connection: Connection) -> list[str]:
        """The deliveries that are under way; none where everything was answered."""
        found = connection.execute(select(claims.c.event_ids).where(self._own)).scalar()
        ids: list[str] = json.loads(found) if found else []
        return ids

    def take(self, connection: Connection, event_ids: Sequence[str], stamp: int) -> None:
        """Note that ``event_ids``, and no others, are under way from now on."""
        if not event_ids:
            connection.execute(delete(claims).where(self._own))
            return
        new = upsert(connection, claims).values(
            client=self.client,
            destination=self.destination,
            event_ids=json.dumps(list(event_ids)),
            taken_at=stamp,
        )
        taken = {name: new.excluded[name] for name in ("event_ids", "taken_at")}
        connection.execute(new.on_conflict_do_update(index_elements=["client", "destination"], set_=taken))

    def give_back(self, connection: Connection, event_ids: Collection[str], stamp: int) -> list[str]:
        """Note that ``event_ids`` are no longer under way; returns those of them that were."""
        under_way, given = self.event_ids(connection), set(event_ids)
        back = [one for one in under_way if one in given]
        if back:
            self.take(connection, [one for one in under_way if one not in given], stamp)
        return back

    @property
    def _own(self) -> ColumnElement[bool]:
        return and_(claims.c.client == self.client, claims.c.destination == self.destination)
