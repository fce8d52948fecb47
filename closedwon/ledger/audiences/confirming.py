"""What a platform says later of members that it had accepted: who is in, who is out, and who is told of again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from closedwon.ledger.audiences.standing import in_lane
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.bulk import among, parts
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.pending import Answer, PendingRequest, PendingRequests, keep_answer
from closedwon.ledger.schema import audience_members
from closedwon.ledger.states import Kind, State


class PendingMembers(PendingRequests):
    """See :class:`closedwon.ledger.outgoing.pending.PendingRequests`; of one audience."""

    def record(self, request: PendingRequest, answer: Answer, now: datetime) -> int:
        """Keep ``answer``, and what it makes of the members; returns how many are told of again, or were refused.

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
        if answer.state is None:
            return 0
        # Who is refused may be in by an earlier request: what the platform was told is kept, to take them out by.
        state = Membership.REFUSED if answer.state is State.REJECTED else Membership.JOINING
        joined = update(audience_members).where(self._members(request, Membership.MEMBER))
        said = {"reason": answer.reason, "message": answer.message, "updated_at": stamp}
        return connection.execute(joined.values(state=state, **said)).rowcount

    def _settle_leaving(
        self, connection: Connection, request: PendingRequest, answer: Answer, stamp: int
    ) -> int:
        """Who left is forgotten where the platform is sure to have nobody left; else it is told of them all again."""
        left = self._members(request, Membership.LEFT)
        if not answer.leaves_open:
            connection.execute(delete(audience_members).where(left))
            return 0
        self._join_anew(connection, left, stamp)
        said = {"reason": answer.reason or answer.processing, "message": answer.message, "updated_at": stamp}
        leaving = update(audience_members).where(left).values(state=Membership.LEAVING, **said)
        return connection.execute(leaving).rowcount

    def _join_anew(self, connection: Connection, left: ColumnElement[bool], stamp: int) -> None:
        """Have members told of again whom the platform knows by what is to be taken out: their key was another."""
        for told in parts(connection.scalars(select(audience_members.c.told).where(left))):
            alike = among(connection, audience_members.c.told, told)
            members = and_(self._in_lane, audience_members.c.state == Membership.MEMBER, alike)
            connection.execute(
                update(audience_members).where(members).values(state=Membership.JOINING, updated_at=stamp)
            )

    @property
    def _in_lane(self) -> ColumnElement[bool]:
        return in_lane(audience_members, self.client, (self.destination, self.audience or ""))

    def _members(self, request: PendingRequest, state: Membership) -> ColumnElement[bool]:
        """Those of ``request`` who are in ``state`` by it."""
        of_request = audience_members.c.request_id == request.id
        return and_(self._in_lane, audience_members.c.state == state, of_request)
