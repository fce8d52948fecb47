"""Who may call the Graph API: version, token, the app's proof and the calls that are left; and how it answers.

Pages: "Access Tokens", "Secure Graph API Calls", "Rate Limits".
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.meta.errors import GraphError, invalidated_session, unparsable_token
from closedwon.sandbox.meta.limits import Limits
from closedwon.sandbox.meta.parameters import check_proof, read_parameters, token_of
from closedwon.sandbox.meta.settings import MetaGraphSettings
from closedwon.sandbox.world import World

SUPPORTED_VERSIONS = frozenset({"v24.0", "v25.0", "v26.0"})

Work = Callable[[dict[str, Any], str], dict[str, Any]]
"""Answers a call by its parameters and its token, which is known by then."""


class Gate:
    """What every call of one world's Graph API goes through, one at a time.

    Attributes:
        settings: may be replaced at any time.
        unauthorised: calls that were refused for their token.
        lock: held while a call is answered.
    """

    def __init__(self, world: World, faults: Faults, clock: Callable[[], float]) -> None:
        self.settings = MetaGraphSettings()
        self.unauthorised = 0
        self.lock = threading.Lock()
        self.clock = clock
        self._tokens = {dataset.access_token for dataset in world.datasets}
        self._faults = faults
        self._limits = Limits()

    async def answer(
        self, request: Request, object_id: str, work: Work, *, use_case: str = "ads_management"
    ) -> Response:
        """The answer to a call about ``object_id``, whose calls count as those of a business use case."""
        body = await request.body()
        trace = f"A{secrets.token_urlsafe(16)}"
        with self.lock:
            try:
                parameters, token = self._admit(request, body, object_id, use_case)
                content, status = {**work(parameters, token), "fbtrace_id": trace}, 200
            except GraphError as error:
                content, status = {"error": {**error.error, "fbtrace_id": trace}}, error.status
            usage = self._limits.headers(
                self.settings, object_id=object_id, use_case=use_case, now=self.clock()
            )
        return JSONResponse(content, status_code=status, headers=usage)

    def _admit(
        self, request: Request, body: bytes, object_id: str, use_case: str
    ) -> tuple[dict[str, Any], str]:
        _check_version(request)
        parameters = read_parameters(request, body)
        token = self._known_token(request, parameters)
        if self.settings.app_secret is not None:
            check_proof(parameters, token, self.settings.app_secret)
        self._limits.admit(
            self.settings, token=token, object_id=object_id, use_case=use_case, now=self.clock()
        )
        return parameters, token

    def _known_token(self, request: Request, parameters: Mapping[str, Any]) -> str:
        try:
            token = token_of(request, parameters)
            if token not in self._tokens:
                raise unparsable_token()
            if self._faults.active("meta", "revoke"):
                raise invalidated_session()
        except GraphError:
            self.unauthorised += 1
            raise
        return token


def _check_version(request: Request) -> None:
    version = f"v{request.path_params['number']}.0"
    if version not in SUPPORTED_VERSIONS:
        newest = max(SUPPORTED_VERSIONS)
        message = "You are calling a deprecated version of the Ads API. Please update to the latest version"
        raise GraphError(400, f"(#2635) {message}: {newest}.", 2635)
