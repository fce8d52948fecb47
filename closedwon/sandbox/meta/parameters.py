"""What comes with a request: parameters of the address, of a form or of a JSON body, and the token.

A form has ``data`` as JSON text, a JSON body as an array ("Using the Conversions API"). The token is the parameter
``access_token`` or the header ``Authorization: Bearer``, and never two different ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from closedwon.sandbox.meta.errors import GraphError, parameter_error, unparsable_token
from closedwon.sandbox.meta.rules import MAX_EVENTS

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def read_parameters(request: Request, body: bytes) -> dict[str, Any]:
    """Parameters of the address and the body together; ``data`` is parsed.

    Raises:
        GraphError: the body is neither a form nor a JSON object.
    """
    parameters: dict[str, Any] = dict(request.query_params)
    if not body:
        return parameters
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == _JSON:
        given = _json(body)
        if not isinstance(given, dict):
            raise parameter_error("The request body must be a JSON object")
        return parameters | given
    if kind == _FORM:
        given = _form(body)
        return parameters | given | ({"data": _json(given["data"])} if "data" in given else {})
    raise parameter_error(f"The content type {kind or '(none)'} is not supported")


def token_of(request: Request, parameters: Mapping[str, Any]) -> str:
    """The access token.

    Raises:
        GraphError: there is none, or there are two.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = {bearer} if scheme == "Bearer" else set()
    given |= {parameters["access_token"]} if "access_token" in parameters else set()
    if len(given) != 1:
        raise unparsable_token()
    return str(given.pop())


def check_proof(parameters: Mapping[str, Any], token: str, app_secret: str) -> None:
    """That the caller knows the app's secret ("Secure Graph API Calls").

    Raises:
        GraphError: the proof is missing, or of another secret or token.
    """
    proof = parameters.get("appsecret_proof")
    if proof is None:
        raise GraphError(400, "API calls from the server require an appsecret_proof argument", 100)
    if proof != hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest():
        raise GraphError(400, "Invalid appsecret_proof provided in the API argument", 100)


def events_of(parameters: Mapping[str, Any]) -> list[Any]:
    """The events of a request, not yet looked at.

    Raises:
        GraphError: there is no array of 1 to 1,000.
    """
    if "data" not in parameters:
        raise parameter_error("The parameter data is required")
    events = parameters["data"]
    if not isinstance(events, list):
        raise parameter_error("param data must be an array.")
    if not events:
        raise parameter_error("param data must be non-empty.")
    if len(events) > MAX_EVENTS:
        raise parameter_error(f"param data must have at most {MAX_EVENTS} elements.")
    return events


def _form(body: bytes) -> dict[str, str]:
    """Fields of a form; a megabyte of ``data`` takes parse_qs twice as long."""
    pairs = (field.partition(b"=") for field in body.replace(b"+", b" ").split(b"&"))
    return {
        unquote_to_bytes(name).decode(): unquote_to_bytes(value).decode("utf-8", "replace")
        for name, _, value in pairs
    }


def _json(text: bytes | str) -> Any:
    """The parsed JSON, or None where it is not JSON (NaN and Infinity are not)."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except ValueError:
        return None


def _not_json(constant: str) -> Any:
    raise ValueError(constant)
