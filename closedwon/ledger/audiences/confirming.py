"""What a platform says later of members that it had accepted: who is in, who is out, and who is told of again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, update

from closedwon.ledger.audiences.membership import refused
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.pending import Answer, PendingRequest, PendingRequests, keep_answer
from closedwon.ledger.schema import audience_members
from closedwon.ledger.states import WAITING, Kind, State


class PendingMembers(PendingRequests):
    """See :class:`closedwon.ledger.outgoing.pending.PendingRequests`; of one audience."""

    def record(self, request: PendingRequest, answer: Answer, now: datetime) -> int:
        """Keep ``answer``, and what it makes of the members; returns of how many the platform is told again.

        Whom it was told of since by another request, that one decides on.
        """
        stamp = microseconds(now)
        with self.ledger.writing() as connection:
            keep_answer(connection, request, answer, stamp)
            if answer.processing is None:
                return 0
            settle = self._settle_leaving if request.kind is Kind.LEAVE else self._settle_joining
            return settle(connection, request, answer, stamp)

    def _settle_joining(
        self, connection: Connection, request: PendingRequest, answer: Answer, stamp: int
    ) -> int:
        said = {"reason": answer.reason, "message": answer.message, "updated_at": stamp}
        joined = update(audience_members).where(self._members(request, Membership.MEMBER))
        if answer.state is State.REJECTED:
            connection.execute(joined.values(**refused(), **said))
        if answer.state not in WAITING:
            return 0
        return connection.execute(joined.values(state=Membership.JOINING, **said)).rowcount

    def _settle_leaving(
        self, connection: Connection, request: PendingRequest, answer: Answer, stamp: int
    ) -> int:
        left = self._members(request, Membership.LEFT)
        if answer.state not in WAITING:
            connection.execute(delete(audience_members).where(left))
            return 0
        again = {"state": Membership.LEAVING, "reason": answer.reason, "message": answer.message}
        return connection.execute(
            update(audience_members).where(left).values(updated_at=stamp, **again)
        ).rowcount

    def _members(self, request: PendingRequest, state: Membership) -> ColumnElement[bool]:
        """Those of ``request`` who are in ``state`` by it."""
        return and_(
            audience_members.c.client == self.client,
            audience_members.c.destination == self.destination,
            audience_members.c.audience == self.audience,
            audience_members.c.state == state,
            audience_members.c.request_id == request.id,
        )
