"""The sandbox on a loopback port, served from a thread of this process."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette

from closedwon.sandbox.app import OwnPort, System, create_app, report_of
from closedwon.sandbox.failing import SocketProtocol
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.world import World

_START_SECONDS = 10
_STOP_SECONDS = 5
_MAX_HEAD = 1 << 20
"""Bytes of a request's line and headers that reach the systems, which have limits of their own."""


class RunningSandbox:
    """A sandbox that serves; stops when the ``with`` block ends.

    Attributes:
        url: its address, such as ``http://127.0.0.1:49152``.
        faults: what it should fail at; may be changed while it serves.
        systems: the platforms by name (``salesforce``, ``meta``, ``google``, …).
        addresses: those of platforms that have a port of their own (``google_ads``), by name.
    """

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self.faults: Faults = app.state.faults
        self.systems: Mapping[str, System] = app.state.systems
        listener = _listen(host, port)
        self._beside = contextlib.ExitStack()
        try:
            self.addresses = dict(self._listen_beside(host, port))
        except OSError:
            self._beside.close()
            listener.close()
            raise
        self.url = f"http://{_authority(listener)}"
        config = uvicorn.Config(
            app,
            http=SocketProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            h11_max_incomplete_event_size=_MAX_HEAD,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="closedwon-sandbox", daemon=True
        )
        self._thread.start()
        self._wait_until_serving()

    def report(self) -> dict[str, Any]:
        """What every system counted so far, and the faults that fired."""
        return report_of(self.systems, self.faults)

    def stop(self) -> None:
        """Stop serving; requests under way are cut off."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(_STOP_SECONDS)
        self._beside.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen_beside(self, host: str, port: int) -> Iterator[tuple[str, str]]:
        """Serve what has a port of its own, on those that follow ``port``."""
        systems = [(name, system) for name, system in self.systems.items() if isinstance(system, OwnPort)]
        for place, (name, system) in enumerate(systems, start=1):
            running = system.listen(host, port + place if port else 0)
            yield name, self._beside.enter_context(running).url

    def _wait_until_serving(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.005)


def serve_in_thread(
    world_or_app: World | Starlette, *, host: str = "127.0.0.1", port: int = 0, google_ads: bool = False
) -> RunningSandbox:
    """Serve a world, or an app of :func:`create_app`, and return once it accepts connections.

    Port 0 takes a free one. With ``google_ads`` a world's Google Ads API is served too, on the port that follows.

    Raises:
        ValueError: ``host`` is not this machine alone.
        OSError: the port is taken.
    """
    app = (
        world_or_app
        if isinstance(world_or_app, Starlette)
        else create_app(world_or_app, google_ads=google_ads)
    )
    return RunningSandbox(app, host, port)


def _listen(host: str, port: int) -> socket.socket:
    # The servers hand out and accept secrets without encryption: never beyond this machine.
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    if not address.is_loopback:
        raise ValueError(f"the sandbox serves loopback addresses only, not {host}")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio turns off Nagle's delay (40 ms an answer) only for sockets that name TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with contextlib.ExitStack() as undo:
        undo.callback(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
        listener.listen(128)
        undo.pop_all()
    return listener


def _authority(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
