"""gRPC on a loopback port of its own, without TLS."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc  # type: ignore[import-untyped]

_AT_ONCE = 4
_MOST_BYTES = 64 << 20
# Two servers would share a port and each get some of the calls.
_OPTIONS = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", _MOST_BYTES)]


class RunningServer:
    """A server that serves; stops when the ``with`` block ends.

    Attributes:
        url: its address, such as ``http://127.0.0.1:49152``.
    """

    def __init__(self, handlers: Sequence[Any], host: str, port: int) -> None:
        workers = ThreadPoolExecutor(_AT_ONCE, "google-ads-sandbox")
        self._server = grpc.server(workers, handlers=handlers, options=_OPTIONS)
        name = f"[{host}]" if ":" in host else host
        if port:
            _check_free(host, port)
        self.url = f"http://{name}:{self._server.add_insecure_port(f'{name}:{port}')}"
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=None).wait()


def _check_free(host: str, port: int) -> None:
    """Raise the error that gRPC would write to standard error."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
