"""Requests to one portal: signed in when first needed, within its limits, repeated by policy, never in a loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import orjson
from hubspot.crm.objects import ApiException
from urllib3.exceptions import HTTPError

from config.sources import HubSpotSettings
from connectors.hubspot.errors import Action, RequestFailure, failure_of, unanswered, unreadable
from connectors.hubspot.limits import Limiter, shared_limiter
from connectors.hubspot.login import Form, Tokens, refusal
from connectors.hubspot.paths import Paths
from connectors.hubspot.session import PUBLIC_HOST, open_client, timeouts
from connectors.retrying import RetryPolicy, retrying

Json = dict[str, Any]
"""An answer as HubSpot gives it; values of properties are texts."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"closedwon (hubspot-api-client {version('hubspot-api-client')})",
}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """One portal's API. Nothing is sent before the first request.

    Attributes:
        paths: where each API lies in the version of the settings.
    """

    def __init__(
        self, settings: HubSpotSettings, retry: RetryPolicy | None = None, limiter: Limiter | None = None
    ) -> None:
        retry = retry or RetryPolicy()
        self.paths = Paths(settings.api_version)
        self._api = open_client(settings.endpoint)
        self._tokens = Tokens(settings.auth)
        self._limiter = limiter or shared_limiter(settings.endpoint or PUBLIC_HOST, self._tokens.credential)
        self._timeouts = timeouts(settings.timeout_seconds)
        self._longest_wait = retry.longest_wait_seconds
        self._retrying = retrying("HubSpot", retry)

    def get(self, path: str, **query: str | int) -> Json:
        """The answer to a GET.

        Raises:
            DeniedError: the token may not read this.
            SourceError: anything else that stays.
        """
        parameters = list(query.items())
        answer: Json = self._call(lambda: self._send(path, "GET", query_params=parameters))
        return answer

    def post(self, path: str, body: Json, *, search: bool = False) -> Json:
        """The answer to a POST that only reads, so that it can be repeated; errors as for :meth:`get`."""
        answer: Json = self._call(lambda: self._send(path, "POST", body=body, search=search))
        return answer

    def log_in(self) -> None:
        """Make sure that there is a token."""
        self._call(lambda: self._tokens.current(self._ask_token))

    def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        self._api.rest_client.pool_manager.clear()

    def _call(self, request: Callable[[], Any]) -> Any:
        try:
            return self._retrying(self._once, request)
        except RequestFailure as failure:
            attempts = int(self._retrying.statistics.get("attempt_number", 1))
            raise failure.surfaced(attempts=attempts, allowance=self._limiter.allowance) from None

    def _once(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except RequestFailure as failure:
            if failure.action is not Action.REFRESH or not self._tokens.renewable:
                raise
        self._tokens.forget()
        return request()

    def _send(self, path: str, method: str, *, search: bool = False, **content: Any) -> Json:
        token = self._tokens.current(self._ask_token)
        self._limiter.wait(search=search)
        try:
            return self._exchange(path, method, {"Authorization": f"Bearer {token}"}, **content)
        except ApiException as error:
            failure = failure_of(error)
            if failure.policy.everyone:
                asked = failure.retry_after or failure.policy.wait_seconds or 0.0
                self._limiter.hold(min(asked, self._longest_wait))
            raise failure from None

    def _ask_token(self, form: Form) -> Json:
        try:
            return self._exchange(self.paths.token, "POST", _FORM, post_params=form)
        except ApiException as error:
            raise refusal(error) from None

    def _exchange(self, path: str, method: str, headers: Mapping[str, str], **content: Any) -> Json:
        """One request and its JSON; raises the SDK's ``ApiException`` for a refusal."""
        try:
            # Not preloaded, the SDK neither copies the answer into models nor logs it.
            response = self._api.request(
                method,
                self._api.configuration.host + path,
                headers={**_HEADERS, **headers},
                _preload_content=False,
                _request_timeout=self._timeouts,
                **content,
            )
            self._limiter.learn(response.headers)
            answer = _decoded(response.data)
        except HTTPError as error:
            raise unanswered(error) from None
        except ValueError:
            raise unreadable() from None
        if not isinstance(answer, dict):
            raise unreadable()
        return answer


def _decoded(body: bytes) -> Any:
    """The JSON of ``body``; half of a surrogate pair, left where a text was cut, becomes a question mark."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return orjson.loads(json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace"))
