"""Members of Customer Match audiences: ``audienceMembers:ingest`` and ``audienceMembers:remove``.

Pages: the REST references of both, "Send audience members", "Upload members to a Customer Match audience". A request
is refused whole where a field is at fault, else accepted; what became of its members shows later in the status.
Google compares members with its users and never says whom it found. Here somebody is who has the same first e-mail,
else phone, else address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.access import Access, Problem
from closedwon.sandbox.google.errors import invalid_argument
from closedwon.sandbox.google.messages import TERMS_STATUSES, decode, enum_name, parse
from closedwon.sandbox.google.rules import check_consent, is_denied
from closedwon.sandbox.google.statuses import RequestStatuses, status_of
from closedwon.sandbox.google.user_data import Identifiers, UserDataReader
from closedwon.sandbox.google.user_lists import UserList, UserLists
from closedwon.sandbox.google.violations import Violations
from closedwon.sandbox.world import GoogleAdsAccount

MAX_MEMBERS = 10_000

_KINDS = frozenset(
    {
        "userData", "compositeData", "pairData", "mobileData", "userIdData", "ppidData", "googleUserIdData",
        "partnerProvidedIdData",
    }
)  # fmt: skip
_DENIED = "PROCESSING_ERROR_REASON_DENIED_CONSENT"


@dataclass(frozen=True, slots=True)
class Member:
    """A valid member: what is known of a person, and whether the use of it is denied."""

    identifiers: Identifiers
    denied: bool

    @property
    def key(self) -> tuple[str, ...]:
        """By what the person is known."""
        known = self.identifiers
        if known.emails:
            return ("email", known.emails[0])
        return ("phone", known.phones[0]) if known.phones else ("address", *known.addresses[0])


class AudienceMembers:
    """The members' side of one world's Data Manager API."""

    def __init__(self, faults: Faults, access: Access, lists: UserLists, statuses: RequestStatuses) -> None:
        self._faults = faults
        self._access = access
        self._lists = lists
        self._statuses = statuses

    def routes(self) -> list[BaseRoute]:
        """``POST /v1/audienceMembers:ingest`` and ``POST /v1/audienceMembers:remove``."""
        return [
            Route("/v1/audienceMembers:ingest", self._ingest, methods=["POST"]),
            Route("/v1/audienceMembers:remove", self._remove, methods=["POST"]),
        ]

    async def _ingest(self, request: Request) -> Response:
        return await self._answer(request, "IngestAudienceMembersRequest")

    async def _remove(self, request: Request) -> Response:
        return await self._answer(request, "RemoveAudienceMembersRequest")

    async def _answer(self, request: Request, kind: str) -> Response:
        body = await request.body()
        return self._access.answer(partial(self._accept, request, body, kind))

    def _accept(self, request: Request, body: bytes, kind: str, request_id: str) -> dict[str, Any]:
        self._access.requests += 1
        service_account = self._access.authenticate(request, "Mutate")
        message = decode(kind, parse(body))
        violations = Violations()
        destinations = self._access.destinations(message, service_account, violations, self._problem_of_list)
        removing = kind.startswith("Remove")
        if not removing:
            _check_terms(message, violations)
        members = _members(message, violations)
        if violations.found:
            raise invalid_argument(violations.found)
        if not message.get("validateOnly"):
            self._process(request_id, destinations, members, removing=removing)
        return {"requestId": request_id}

    def _problem_of_list(self, account: GoogleAdsAccount, list_id: str) -> Problem | None:
        if self._lists.of(account.customer_id, list_id) is None:
            return "INVALID_USER_LIST_ID", "The user list is not valid."
        return None

    def _process(
        self, request_id: str, destinations: list[dict[str, Any]], members: list[Member], *, removing: bool
    ) -> None:
        failure = self._faults.reason("google", "processing_failure")
        warning = self._faults.reason("google", "processing_warning")
        which = "Removal" if removing else "Ingestion"
        fields = (f"audienceMembers{which}Status", f"compositeData{which}Status")
        statuses = []
        for destination in destinations:
            user_list = self._lists.all[destination["productDestinationId"]]
            errors = (
                Counter({f"PROCESSING_ERROR_REASON_{failure}": len(members)})
                if failure
                else self._change(user_list, members, removing=removing)
            )
            statuses.append(status_of(destination, len(members), errors, warning, kind=fields))
        self._statuses.add(request_id, self._access.clock(), statuses)

    def _change(self, user_list: UserList, members: list[Member], *, removing: bool) -> Counter[str]:
        """Returns how many were not taken, by reason."""
        errors: Counter[str] = Counter()
        counts, now = user_list.counts, self._access.clock()
        counts["requests"] += 1
        for member in members:
            known = member.key in user_list.members
            if removing:
                user_list.members.pop(member.key, None)
                counts["removed" if known else "strangers"] += 1
            elif member.denied:
                errors[_DENIED] += 1
            else:
                user_list.members[member.key] = (now, _shown(member))
                counts["known" if known else "added"] += 1
        return errors


def _check_terms(message: Mapping[str, Any], violations: Violations) -> None:
    status = message.get("termsOfService", {}).get("customerMatchTermsOfServiceStatus")
    if enum_name(status, TERMS_STATUSES) != "ACCEPTED":
        problem = "Required terms and conditions are not accepted."
        violations.add("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED", problem)


def _members(message: Mapping[str, Any], violations: Violations) -> list[Member]:
    given = message.get("audienceMembers", [])
    if not given:
        violations.add("audience_members", "REQUIRED_FIELD_MISSING", "At least one member is required.")
    if len(given) > MAX_MEMBERS:
        problem = f"At most {MAX_MEMBERS} members are allowed."
        violations.add("audience_members", "TOO_MANY_AUDIENCE_MEMBERS", problem)
        return []
    kinds = {kind for member in given for kind in member.keys() & _KINDS}
    if len(kinds) > 1:
        problem = "Multiple data types are not allowed to be ingested in a single request."
        violations.add("audience_members", "MULTIPLE_DATA_TYPES_NOT_ALLOWED", problem)
    of_all = message.get("consent", {})
    check_consent(of_all, "consent", violations)
    reader = UserDataReader(message, violations)
    return [
        _member(f"audience_members.audience_members[{index}]", member, of_all, reader, violations)
        for index, member in enumerate(given)
    ]


def _member(
    path: str,
    member: Mapping[str, Any],
    consent_of_all: Mapping[str, Any],
    reader: UserDataReader,
    violations: Violations,
) -> Member:
    composite = member.get("compositeData")
    user_data = composite.get("userData") if composite else member.get("userData")
    found = Identifiers({}, [], [], [])
    if user_data is not None:
        reader.read(
            f"{path}.composite_data.user_data" if composite else f"{path}.user_data", user_data, found
        )
    elif member.keys() & (_KINDS - {"userData", "compositeData"}):
        problem = "Type of the user list is not applicable for this request."
        violations.add(path, "INVALID_USER_LIST_TYPE", problem)
    else:
        violations.add(path, "INVALID_AUDIENCE_MEMBER", "This audience member is not valid.")
    consent = member.get("consent", {})
    check_consent(consent, f"{path}.consent", violations)
    return Member(found, is_denied({**consent_of_all, **consent}))


def _shown(member: Member) -> dict[str, Any]:
    known = asdict(member.identifiers)
    return {name: known[name] for name in ("emails", "phones", "addresses") if known[name]}
