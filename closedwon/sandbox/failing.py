"""Plays faults of transport and status in front of every system: ASGI middleware that reaches the socket."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from closedwon.sandbox.faults import Fault, Faults

_TRANSPORT = "closedwon.transport"

_SYSTEM_PATHS = (
    ("salesforce", re.compile(r"/services/")),
    ("hubspot", re.compile(r"/crm/|/oauth/|/account-info/")),
    ("google", re.compile(r"/google/|/v\d+/")),
    ("meta", re.compile(r"/v\d+\.\d+/")),
)

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with zero seconds: closing sends RST, which the client sees as a connection reset."""


class SocketProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which lets the application reach its connection: ASGI has no word for a reset."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection where the application's scope finds it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


class Failing:
    """The middleware: asks which fault a request must show, and shows it."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail to."""
        system = _system(scope.get("path", ""))
        fault = self._faults.take(system, scope["path"]) if system else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await _PLAYS[fault.kind](fault, self._app, scope, receive, send)


def _system(path: str) -> str | None:
    return next((system for system, pattern in _SYSTEM_PATHS if pattern.match(path)), None)


async def _status(fault: Fault, _app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_all(receive)
    headers = {**fault.headers, "content-type": fault.content_type}
    await Response(fault.body, fault.status, headers)(scope, receive, send)


async def _reset(_fault: Fault, _app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    await _drop(scope, receive)


async def _reset_after(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    await app(scope, receive, _swallow)
    await _drop(scope, receive)


async def _hang(fault: Fault, _app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_disconnected(receive), fault.seconds)
    await _drop(scope, receive)


async def _slow(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def send_late(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(fault.seconds)
        await send(message)

    await app(scope, receive, send_late)


async def _truncate(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    await send(messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(scope).close()
    await _disconnected(receive)


_PLAYS: dict[str, Callable[[Fault, ASGIApp, Scope, Receive, Send], Awaitable[None]]] = {
    "status": _status,
    "reset": _reset,
    "reset_after": _reset_after,
    "hang": _hang,
    "slow": _slow,
    "truncate": _truncate,
}


async def _read_all(receive: Receive) -> None:
    """Take the whole request first: a client still sending would see a broken pipe, not the answer."""
    while (await receive()).get("more_body"):
        pass


async def _swallow(_message: Message) -> None:
    """The answer that never arrives."""


async def _drop(scope: Scope, receive: Receive) -> None:
    transport = _transport(scope)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> Any:
    return scope["state"][_TRANSPORT]
