"""User lists of Google Ads accounts, as far as Customer Match by contact information goes, and who is in them.

Pages: the REST reference of ``accountTypes.accounts.userLists``, "Create a Customer Match audience". Of filters only
``field = "value"`` is known here, several of them joined by AND. That a membership lasts 540 days at most is Google
Ads' own limit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.google.access import Access
from closedwon.sandbox.google.errors import GoogleError, invalid_argument
from closedwon.sandbox.google.messages import (
    DATA_SOURCE_TYPES,
    UPLOAD_KEY_TYPES,
    camel_case,
    decode,
    enum_name,
    parse,
)
from closedwon.sandbox.google.violations import Violations
from closedwon.sandbox.listing import listed

LONGEST_MEMBERSHIP = timedelta(days=540)
MOST_A_PAGE = 1_000

_DAY = 86_400
_FIRST_ID = 8_100_000_001
_ACCOUNT = re.compile(r"accountTypes/(\w+)/accounts/(\d+)")
_CONDITION = re.compile(r'(\w+) = "([^"]*)"')
_CHANGEABLE = frozenset({"displayName", "description", "integrationCode", "membershipDuration"})
_FILTERED = frozenset({"id", "displayName", "description", "integrationCode"})


@dataclass
class UserList:
    """One Customer Match list; ``members`` are by what they are known by, with the time of their last upload."""

    id: str
    customer_id: str
    fields: dict[str, Any]
    members: dict[tuple[str, ...], tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def membership(self) -> timedelta:
        """How long a member stays in after the last upload."""
        return timedelta(seconds=_seconds(self.fields["membershipDuration"]) or 0)

    def content(self) -> dict[str, Any]:
        """The list as the API shows it."""
        name = f"accountTypes/GOOGLE_ADS/accounts/{self.customer_id}/userLists/{self.id}"
        return {
            "name": name,
            "id": self.id,
            "membershipStatus": "OPEN",
            "accessReason": "OWNED",
            **self.fields,
        }

    def present(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Who is in at ``now``, with what they are known by."""
        return (known for added, known in self.members.values() if now - added < self.membership)

    def report(self, now: datetime) -> dict[str, Any]:
        """The list, and how many members joined and left."""
        return {
            "account": self.customer_id,
            "name": self.fields["displayName"],
            "integration_code": self.fields.get("integrationCode"),
            "membership_days": self.membership.days,
            "members": sum(1 for _ in self.present(now)),
            **{name: self.counts[name] for name in ("requests", "added", "known", "removed", "strangers")},
        }


class UserLists:
    """The user lists of one world's accounts.

    Attributes:
        all: by id.
    """

    def __init__(self, access: Access) -> None:
        self.all: dict[str, UserList] = {}
        self._access = access

    def routes(self) -> list[BaseRoute]:
        """Create, list, get and patch."""
        parent = "/v1/accountTypes/{kind}/accounts/{account}/userLists"
        return [
            Route(parent, self._collection, methods=["GET", "POST"]),
            Route(f"{parent}/{{id}}", self._one, methods=["GET", "PATCH"]),
        ]

    async def listing(self, request: Request) -> Response:
        """For a test: every list, or the members of the one that ``audience=`` names."""
        with self._access.lock:
            wanted = request.query_params.get("audience")
            if wanted is None:
                return JSONResponse(self.report())
            if wanted not in self.all:
                return JSONResponse({"error": f"no audience {wanted}"}, status_code=404)
            return listed(request, self.all[wanted].present(self._access.clock()))

    def report(self) -> dict[str, Any]:
        """Every list by its id."""
        now = self._access.clock()
        return {one.id: one.report(now) for one in self.all.values()}

    def of(self, customer_id: str, list_id: str) -> UserList | None:
        """The account's list of that id."""
        found = self.all.get(list_id)
        return found if found is not None and found.customer_id == customer_id else None

    async def _collection(self, request: Request) -> Response:
        body = await request.body()
        work = self._list if request.method == "GET" else self._create
        return self._access.answer(lambda _: work(request, body))

    async def _one(self, request: Request) -> Response:
        body = await request.body()
        return self._access.answer(lambda _: self._get_or_patch(request, body))

    def _customer(self, request: Request, operation: str) -> str:
        """The account of the address, which the caller may use through the header ``login-account``."""
        service_account = self._access.authenticate(request, operation)
        customer_id: str = request.path_params["account"]
        login = _ACCOUNT.fullmatch(request.headers.get("login-account", ""))
        self._access.account(customer_id, login[2] if login else None, service_account)
        return customer_id

    def _list(self, request: Request, _body: bytes) -> dict[str, Any]:
        customer_id = self._customer(request, "Read")
        conditions = _conditions(request.query_params.get("filter", ""))
        found = [
            one
            for one in self.all.values()
            if one.customer_id == customer_id
            and all(one.content().get(name) == value for name, value in conditions.items())
        ]
        size = min(_number(request, "pageSize") or 50, MOST_A_PAGE)
        start = _number(request, "pageToken")
        page = found[start : start + size]
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return {"userLists": [one.content() for one in page], **more}

    def _create(self, request: Request, body: bytes) -> dict[str, Any]:
        self._access.requests += 1
        customer_id = self._customer(request, "Mutate")
        fields = decode("UserList", parse(body))
        violations = Violations()
        fields.setdefault("membershipDuration", f"{int(LONGEST_MEMBERSHIP.total_seconds())}s")
        self._check(customer_id, None, fields, violations)
        _check_kind(fields.get("ingestedUserListInfo"), violations)
        if violations.found:
            raise invalid_argument(violations.found)
        made = UserList(str(_FIRST_ID + len(self.all)), customer_id, fields)
        self.all[made.id] = made
        return made.content()

    def _get_or_patch(self, request: Request, body: bytes) -> dict[str, Any]:
        patching = request.method == "PATCH"
        self._access.requests += patching
        customer_id = self._customer(request, "Mutate" if patching else "Read")
        found = self.of(customer_id, request.path_params["id"])
        if found is None:
            raise GoogleError(404, "NOT_FOUND", "Resource not found.", reason="NOT_FOUND")
        if patching:
            self._patch(found, request.query_params.get("updateMask", ""), decode("UserList", parse(body)))
        return found.content()

    def _patch(self, found: UserList, mask: str, given: Mapping[str, Any]) -> None:
        names = [camel_case(name) for name in mask.split(",") if name]
        violations = Violations()
        for name in names:
            if name not in _CHANGEABLE:
                violations.add("update_mask", "IMMUTABLE_FIELD_FOR_UPDATE", f"{name} cannot be changed.")
        fields = {**found.fields, **{name: given.get(name) for name in names}}
        self._check(found.customer_id, found.id, fields, violations)
        if violations.found:
            raise invalid_argument(violations.found)
        found.fields = fields

    def _check(
        self, customer_id: str, own_id: str | None, fields: Mapping[str, Any], violations: Violations
    ) -> None:
        name, duration = fields.get("displayName"), _seconds(fields.get("membershipDuration"))
        if not name:
            violations.add("user_list.display_name", "REQUIRED_FIELD_MISSING", "The name is required.")
        taken = {
            one.fields["displayName"]
            for one in self.all.values()
            if one.customer_id == customer_id and one.id != own_id
        }
        if name in taken:
            problem = "The display name is already being used for another user list for the account."
            violations.add("user_list.display_name", "DISPLAY_NAME_ALREADY_USED", problem)
        if not duration or duration % _DAY:
            violations.add("user_list.membership_duration", "INVALID_ARGUMENT", "Whole days are required.")
        elif duration > LONGEST_MEMBERSHIP.total_seconds():
            problem = "The user list membership duration is too long."
            violations.add("user_list.membership_duration", "MEMBERSHIP_DURATION_TOO_LONG", problem)


def _check_kind(info: Mapping[str, Any] | None, violations: Violations) -> None:
    path = "user_list.ingested_user_list_info"
    if info is None:
        violations.add(path, "REQUIRED_FIELD_MISSING", "Customer Match needs it.")
        return
    kinds = [enum_name(kind, UPLOAD_KEY_TYPES) for kind in info.get("uploadKeyTypes", [])]
    if kinds != ["CONTACT_ID"]:
        problem = "The user list upload key types are not supported."
        violations.add(f"{path}.upload_key_types", "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES", problem)
    if enum_name(info.get("contactIdInfo", {}).get("dataSourceType"), DATA_SOURCE_TYPES) is None:
        violations.add(f"{path}.contact_id_info", "REQUIRED_FIELD_MISSING", "The data source is required.")


def _conditions(text: str) -> dict[str, str]:
    """The conditions of a filter, by field."""
    found: dict[str, str] = {}
    for part in filter(None, text.split(" AND ")):
        condition = _CONDITION.fullmatch(part)
        name = camel_case(condition[1]) if condition else ""
        if condition is None or name not in _FILTERED:
            raise invalid_argument(
                [
                    {
                        "field": "filter",
                        "description": "The query filter is invalid.",
                        "reason": "INVALID_FILTER",
                    }
                ]
            )
        found[name] = condition[2]
    return found


def _number(request: Request, name: str) -> int:
    """A parameter of the query; 0 where it is left out."""
    given = request.query_params.get(name) or "0"
    if not re.fullmatch(r"\d{1,9}", given):
        problem = "A number is required."
        raise invalid_argument([{"field": name, "description": problem, "reason": "INVALID_ARGUMENT"}])
    return int(given)


def _seconds(duration: Any) -> int | None:
    """Seconds of a duration as Google's JSON writes it, such as ``15552000s``."""
    return int(duration[:-1]) if isinstance(duration, str) and re.fullmatch(r"\d+s", duration) else None
