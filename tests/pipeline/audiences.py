"""A shop with audiences: who of what was read is to join, who is in, and who is to leave."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from closedwon.ledger.audiences.lanes import MemberLane
from closedwon.ledger.audiences.membership import work_out
from closedwon.ledger.outgoing.outbox import Settlement
from closedwon.ledger.states import Kind, State
from closedwon.pipeline.audiences.rules import terms_of
from config.settings import ClientSettings
from tests.pipeline.shop import Shop, shop

BUYERS: dict[str, Any] = {"stages": ["purchase"], "days": 90, "meta": {"name": "Buyers"}}


def with_audiences(settings: ClientSettings | None = None, **audiences: Any) -> ClientSettings:
    """The shop's settings with ``audiences``, by their names."""
    given = (settings or shop()).model_dump(mode="json")
    given["destinations"]["meta"] |= {"access_token": "invented-token", "ad_account_id": "1234567890"}
    given["destinations"]["google"]["customer_match_terms"] = "accepted"
    given["sources"]["crm"]["auth"]["consumer_key"] = "invented-key"
    return ClientSettings.model_validate(given | {"audiences": audiences})


def work_out_now(acme: Shop, **later: float) -> None:
    """Work out who is a member, ``later`` than the shop's time."""
    work_out(acme.ledger, "acme", terms_of(acme.settings), acme.now + timedelta(**later))


def tell(acme: Shop, audience: str, destination: str = "meta") -> None:
    """Have the platform accept all that it is to be told of an audience."""
    lane = MemberLane(acme.ledger, "acme", (destination, audience))
    leaving = lane.next_leaving("", 1_000)["member"].unique().to_list()
    joining = lane.claim_joining("", 1_000)["member"].to_list()
    for kind, members in ((Kind.LEAVE, leaving), (Kind.JOIN, joining)):
        lane.settle(Settlement(members, State.ACCEPTED, kind=kind), run_id=1, now=acme.now)


def members(
    acme: Shop, audience: str, destination: str = "meta", **later: float
) -> list[tuple[str, float | None]]:
    """State and value of everybody in an audience, worked out anew."""
    work_out_now(acme, **later)
    return sorted(
        (row["state"], row["value"])
        for row in acme.rows("audience_members")
        if (row["audience"], row["destination"]) == (audience, destination)
    )


def states(acme: Shop, audience: str, destination: str = "meta", **later: float) -> list[str]:
    """The states of everybody in an audience, worked out anew."""
    return [state for state, _ in members(acme, audience, destination, **later)]


def known_as(acme: Shop, audience: str, destination: str = "meta") -> dict[str, Any]:
    """What the platform is to know the one member of an audience by."""
    (row,) = (
        row
        for row in acme.rows("audience_members")
        if (row["audience"], row["destination"]) == (audience, destination)
    )
    found: dict[str, Any] = json.loads(row["identifiers"])
    return found
