"""Custom audiences of ad accounts: making, finding and naming them, and telling them who is in.

Pages: "Customer File Custom Audiences", "Value-Based Lookalikes", and the references of the ad account's
``customaudiences`` edge and of the audience's ``users`` edge. Who may change an ad account's audiences is whoever
has the token of a dataset that goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.listing import listed
from closedwon.sandbox.meta.audience import Audience, UploadSession
from closedwon.sandbox.meta.audience_rules import Payload, Place, read_payload, read_place
from closedwon.sandbox.meta.errors import GraphError, audience_error, parameter_error, unknown_object
from closedwon.sandbox.meta.gate import Gate, Work
from closedwon.sandbox.world import World

MOST_LISTS = 500
SMALLEST_SEED = 100
LONGEST_ADDRESS = 8_000
"""Characters of an address that Meta's front end reads; it is not documented, and some such limit is reported."""

_FIRST_ID = 238_000_000_000_001
_FILE_SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")
_CUSTOM_AUDIENCE = "custom_audience"
_SORRY = "<html><head><title>Facebook | Error</title></head><body>Sorry, something went wrong.</body></html>"


class Audiences:
    """The audiences of one world's ad accounts."""

    def __init__(self, world: World, faults: Faults, gate: Gate) -> None:
        self._faults = faults
        self._gate = gate
        self._accounts: dict[str, set[str]] = {}
        for dataset in world.datasets:
            if dataset.ad_account_id:
                self._accounts.setdefault(dataset.ad_account_id, set()).add(dataset.access_token)
        self._audiences: dict[str, Audience] = {}
        self._sessions: dict[tuple[str, int], UploadSession] = {}

    def routes(self) -> list[BaseRoute]:
        """The ad account's edge of audiences, and the audience's edge of users."""
        return [
            Route("/v{number}.0/act_{account}/customaudiences", self._edge, methods=["GET", "POST"]),
            Route("/v{number}.0/{audience}/users", self._users, methods=["POST", "DELETE"]),
        ]

    def has(self, node_id: str) -> bool:
        """Whether that is an audience's id."""
        return node_id in self._audiences

    async def node(self, request: Request, audience_id: str) -> Response:
        """Read an audience, or change its name or description."""
        return await self._answer(
            request,
            self._audiences[audience_id].account_id,
            lambda parameters, token: self._describe(request.method, audience_id, parameters, token),
        )

    async def listing(self, request: Request) -> Response:
        """For a test: every audience, or the members of the one that ``audience=`` names."""
        with self._gate.lock:
            wanted = request.query_params.get("audience")
            if wanted is None:
                return JSONResponse(self.report())
            if wanted not in self._audiences:
                return JSONResponse({"error": f"no audience {wanted}"}, status_code=404)
            return listed(request, self._audiences[wanted].members.values())

    def report(self) -> dict[str, Any]:
        """Every audience by its id."""
        return {audience.id: audience.report() for audience in self._audiences.values()}

    async def _edge(self, request: Request) -> Response:
        account = request.path_params["account"]
        work = self._list if request.method == "GET" else self._create
        return await self._answer(
            request,
            account,
            lambda parameters, token: work(self._account(request.method, account, token), parameters),
        )

    async def _users(self, request: Request) -> Response:
        if len(str(request.url)) > LONGEST_ADDRESS:
            return HTMLResponse(_SORRY, status_code=400)
        audience_id = request.path_params["audience"]
        known = self._audiences.get(audience_id)
        return await self._answer(
            request,
            known.account_id if known else audience_id,
            lambda parameters, token: self._change(
                self._audience(request.method, audience_id, token), request.method, parameters
            ),
        )

    async def _answer(self, request: Request, account: str, work: Work) -> Response:
        return await self._gate.answer(request, f"act_{account}", work, use_case=_CUSTOM_AUDIENCE)

    def _account(self, method: str, account: str, token: str) -> str:
        if token not in self._accounts.get(account, ()):
            raise unknown_object(method, f"act_{account}")
        return account

    def _audience(self, method: str, audience_id: str, token: str) -> Audience:
        audience = self._audiences.get(audience_id)
        if audience is None or token not in self._accounts[audience.account_id]:
            raise unknown_object(method, audience_id)
        return audience

    def _list(self, account: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        own = [audience for audience in self._audiences.values() if audience.account_id == account]
        try:
            limit, after = int(parameters.get("limit", 25)), int(parameters.get("after", 0))
        except ValueError:
            raise parameter_error("limit must be a number and after a cursor") from None
        page = own[after : after + limit]
        end = after + len(page)
        paging: dict[str, Any] = {"cursors": {"before": str(after), "after": str(end)}}
        if end < len(own):
            paging["next"] = f"https://graph.facebook.com/act_{account}/customaudiences?after={end}"
        return {"data": [_fields(one, parameters) for one in page], "paging": paging if page else {}}

    def _create(self, account: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self._check_terms()
        name, subtype = parameters.get("name"), parameters.get("subtype")
        if not isinstance(name, str) or not name:
            raise parameter_error("The parameter name is required")
        audience = Audience(
            id=str(_FIRST_ID + len(self._audiences)),
            account_id=account,
            name=name,
            description=str(parameters.get("description", "")),
            subtype=str(subtype),
        )
        if subtype == "CUSTOM":
            self._customer_list(audience, parameters)
        elif subtype == "LOOKALIKE":
            self._lookalike(audience, parameters)
        else:
            raise parameter_error("subtype must be CUSTOM or LOOKALIKE; the sandbox knows no other")
        self._audiences[audience.id] = audience
        return {"id": audience.id, "message": ""}

    def _customer_list(self, audience: Audience, parameters: Mapping[str, Any]) -> None:
        source = parameters.get("customer_file_source")
        if source not in _FILE_SOURCES:
            raise parameter_error(f"customer_file_source must be one of {', '.join(_FILE_SOURCES)}")
        lists = [
            one
            for one in self._audiences.values()
            if (one.account_id, one.subtype) == (audience.account_id, "CUSTOM")
        ]
        if len(lists) >= MOST_LISTS:
            text = f"An ad account may have {MOST_LISTS} custom audiences."
            raise audience_error(400, 2654, None, "Failed to create custom audience", text)
        audience.customer_file_source = source
        audience.is_value_based = parameters.get("is_value_based") in (True, 1, "1", "true")

    def _lookalike(self, audience: Audience, parameters: Mapping[str, Any]) -> None:
        origin = self._audiences.get(str(parameters.get("origin_audience_id")))
        if origin is None or (origin.account_id, origin.subtype) != (audience.account_id, "CUSTOM"):
            raise parameter_error("origin_audience_id must be a custom audience of the ad account")
        if len(origin.members) < SMALLEST_SEED:
            text = f"The source audience must have at least {SMALLEST_SEED} people."
            raise audience_error(400, 2654, None, "Failed to create custom audience", text)
        audience.origin_audience_id = origin.id
        audience.lookalike_spec = _specification(parameters.get("lookalike_spec"))

    def _describe(
        self, method: str, audience_id: str, parameters: Mapping[str, Any], token: str
    ) -> dict[str, Any]:
        audience = self._audience(method, audience_id, token)
        if method == "GET":
            return _fields(audience, parameters)
        self._check_terms()
        audience.name = str(parameters.get("name", audience.name))
        audience.description = str(parameters.get("description", audience.description))
        return {"success": True}

    def _change(self, audience: Audience, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        removing = parameters.get("method", method) == "DELETE"
        self._check_terms()
        self._check_changeable(audience)
        place = read_place(parameters)
        payload = read_payload(parameters, value_based=audience.is_value_based, removing=removing)
        session = self._session(audience, place, payload, removing=removing)
        audience.change(payload, removing=removing)
        return {
            "audience_id": audience.id,
            "session_id": place.session_id,
            "num_received": session.received - (1 if self._faults.active("meta", "wrong_count") else 0),
            "num_invalid_entries": len(payload.invalid),
            "invalid_entry_samples": dict(list(payload.invalid.items())[:100]),
        }

    def _session(
        self, audience: Audience, place: Place, payload: Payload, *, removing: bool
    ) -> UploadSession:
        now, key = self._gate.clock(), (audience.account_id, place.session_id)
        session = self._sessions.get(key) or UploadSession(audience.id, payload.schema, removing, now)
        session.take(audience.id, place, payload, now, removing=removing)
        self._sessions[key] = session
        return session

    def _check_terms(self) -> None:
        if not self._gate.settings.audience_terms:
            text = "You need to agree to the Custom Audience terms before you can create or edit an audience."
            raise audience_error(403, 200, 1870090, "Custom Audience Terms Not Accepted", text)

    def _check_changeable(self, audience: Audience) -> None:
        if audience.id in self._gate.settings.flagged_audiences:
            text = (
                "Before updating user memberships, you must resolve integrity restrictions on this audience."
            )
            raise audience_error(400, 100, 1713230, "Audience Upload Blocked", text)
        if audience.subtype != "CUSTOM":
            raise parameter_error("Members can be changed of customer lists only")


def _fields(audience: Audience, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were asked for; the id always."""
    known = {
        "id": audience.id,
        "account_id": audience.account_id,
        "name": audience.name,
        "description": audience.description,
        "subtype": audience.subtype,
        "is_value_based": audience.is_value_based,
        "customer_file_source": audience.customer_file_source,
        "lookalike_spec": audience.lookalike_spec,
        "operation_status": {"code": 200, "description": "Normal"},
    }
    wanted = ["id", *filter(None, str(parameters.get("fields", "")).split(","))]
    for name in wanted:
        if name not in known:
            problem = f"(#100) Tried accessing nonexisting field ({name}) on node type (CustomAudience)"
            raise GraphError(400, problem, 100)
    return {name: known[name] for name in wanted if known[name] is not None}


def _specification(given: Any) -> dict[str, Any]:
    try:
        spec = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        spec = None
    if not isinstance(spec, dict):
        raise parameter_error("lookalike_spec must be a JSON object")
    ratio = spec.get("ratio")
    if not isinstance(ratio, int | float) or round(ratio * 100, 6) not in range(1, 21):
        raise parameter_error("lookalike_spec ratio must be 0.01 to 0.20 in steps of 0.01")
    if spec.get("type") != "custom_ratio":
        raise parameter_error("lookalike_spec type must be custom_ratio for a ratio")
    countries = spec.get("location_spec", {}).get("geo_locations", {}).get("countries", [])
    if bool(spec.get("country")) == bool(countries):
        raise parameter_error("lookalike_spec must have either country or location_spec")
    return spec
